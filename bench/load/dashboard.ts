/** The panels of Grafana's dashboard, drawn from what Prometheus has, for where there is no Grafana. */
import { readFileSync } from "node:fs"
import { chart, gridHeight, heading, type Line, sheet, value } from "./drawing.ts"
import { every } from "./prometheus.ts"

interface Panel {
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat?: string }>
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string
      readonly thresholds?: { readonly steps: ReadonlyArray<{ readonly color: string; readonly value: number | null }> }
    }
  }
}

const file = new URL("../../ops/grafana/dashboards/hs-trade-chat.json", import.meta.url)
const columns = 150

interface Matrix {
  readonly data: {
    readonly result: ReadonlyArray<{
      readonly metric: Record<string, string>
      readonly values: ReadonlyArray<readonly [number, string]>
    }>
  }
}

const named = (format: string, metric: Record<string, string>): string =>
  format.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "")

/** Draws what Prometheus saw between two moments, in seconds since the epoch. */
export const drawDashboard = async (prometheus: string, from: number, to: number): Promise<string> => {
  const { panels } = JSON.parse(readFileSync(file, "utf8")) as { readonly panels: ReadonlyArray<Panel> }
  const range = async (expr: string, step: number): Promise<Matrix> => {
    const query = expr
      .replaceAll("$__rate_interval", `${Math.max(4 * every, Math.ceil(step))}s`)
      .replaceAll("$__range", `${Math.ceil(to - from)}s`)
    const start = step === 0 ? to : from
    const search = new URLSearchParams({ query, start: `${start}`, end: `${to}`, step: `${step || 1}` })
    const response = await fetch(`${prometheus}/api/v1/query_range?${search}`)
    if (!response.ok) throw new Error(`Prometheus does not answer ${query}: ${await response.text()}`)
    return (await response.json()) as Matrix
  }
  const linesOf = async ({ targets = [], type }: Panel): Promise<ReadonlyArray<Line>> => {
    const step = type === "stat" ? 0 : Math.max(every, (to - from) / columns)
    const answers = await Promise.all(
      targets.map(async ({ expr, legendFormat = "" }) =>
        (await range(expr, step)).data.result.map(({ metric, values }) => ({
          name: named(legendFormat, metric),
          points: values
            .map(([at, text]) => [at, Number(text)] as const)
            .filter(([, number]) => Number.isFinite(number)),
        })),
      ),
    )
    return answers.flat()
  }
  const draw = async (panel: Panel): Promise<string> => {
    const { unit = "short", thresholds } = panel.fieldConfig?.defaults ?? {}
    if (panel.type === "row") return heading(panel.gridPos, panel.title)
    const lines = await linesOf(panel)
    if (panel.type !== "stat") return chart(panel.gridPos, { title: panel.title, unit, lines, from, to })
    const last = lines[0]?.points.at(-1)?.[1]
    const color = thresholds?.steps.findLast((step) => step.value === null || (last ?? 0) >= step.value)?.color
    return value(panel.gridPos, {
      title: panel.title,
      unit,
      last,
      color: last === undefined ? "gray" : (color ?? "gray"),
    })
  }
  const drawn: Array<string> = []
  for (const panel of panels) drawn.push(await draw(panel))
  return sheet(drawn, gridHeight(panels.map(({ gridPos }) => gridPos)))
}
