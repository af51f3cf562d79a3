/** The figures that a release is judged by, with their targets, and the table of them. */

interface Kpi {
  readonly name: string
  readonly unit: string
  readonly digits: number
  /** None for a figure that is only told. */
  readonly target?: readonly ["≤" | "≥", number]
}

const kpi = (name: string, unit: string, digits: number, target?: Kpi["target"]): Kpi => ({
  name,
  unit,
  digits,
  ...(target ? { target } : {}),
})

export const kpis = {
  searchRate: kpi("goods search, saturated", "requests/s", 0),
  pageRate: kpi("detail page, saturated", "requests/s", 0),
  plainErrors: kpi("errors of search and detail page", "", 0, ["≤", 0]),
  turnRate: kpi("turns, saturated", "turns/s", 0),
  redisCommands: kpi("Redis, a turn", "commands", 1),
  turnFar: kpi("whole turn p95, Context7 at 1.5 s, uncached", "ms", 0, ["≤", 3000]),
  turnOff: kpi("whole turn p95 without Context7", "ms", 0, ["≤", 300]),
  buttonUncached: kpi("first button p95, by recognition alone", "ms", 0, ["≤", 100]),
  buttonCached: kpi("first button p95, cached result", "ms", 0, ["≤", 1000]),
  efficiency: kpi("parallel efficiency at the model's latencies", "%", 1, ["≥", 60]),
  telemetry: kpi("throughput that telemetry costs", "%", 1, ["≤", 10]),
  availability: kpi("availability in the soak", "%", 3, ["≥", 99.9]),
  stability: kpi("stream stability in the soak", "%", 3, ["≥", 99.9]),
  recovery: kpi("recovery in the soak", "%", 2, ["≥", 99]),
  recordsWrong: kpi("records that are not there once", "", 0, ["≤", 0]),
  hitRate: kpi("cache hit rate in the soak", "%", 1, ["≥", 70]),
  cpu: kpi("CPU of 2 cores at 100 turns/s", "%", 1, ["≤", 60]),
  memory: kpi("memory slope beyond its noise", "MB/min", 2, ["≤", 0]),
  spikeLost: kpi("turns lost in a spike of three times the rate", "", 0, ["≤", 0]),
  spikeAfter: kpi("whole turn p95 right after the spike", "ms", 0, ["≤", 3000]),
  slowOthers: kpi("first event p95 beside slow readers", "ms", 0, ["≤", 300]),
  slowLost: kpi("slow readers that could not read to the end", "", 0, ["≤", 0]),
} as const

export type Id = keyof typeof kpis

export interface Measured {
  readonly value: number
  readonly note?: string
}
export type Results = Partial<Record<Id, Measured>>

const ids = Object.keys(kpis) as ReadonlyArray<Id>

const isMet = (id: Id, { value }: Measured): boolean => {
  const { digits, target } = kpis[id]
  if (target === undefined) return true
  const rounded = Number(value.toFixed(digits))
  return target[0] === "≤" ? rounded <= target[1] : rounded >= target[1]
}

export const missed = (results: Results): ReadonlyArray<Id> =>
  ids.filter((id) => results[id] !== undefined && !isMet(id, results[id]))

const shown = ({ digits, unit }: Kpi, value: number): string =>
  `${value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`.trim()

const changeOf = (now: number, before: number): string => {
  if (now === before) return "0 %"
  if (before === 0) return "—"
  return `${now > before ? "+" : "−"}${Math.abs((100 * (now - before)) / before).toFixed(1)} %`
}

const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`

/** One table of all that was measured; what it was before and the change, when there is an older run. */
export const tableOf = (results: Results, before?: Results): string => {
  const heads = ["KPI", "target", "measured", "pass", ...(before ? ["before", "change"] : [])]
  const rows = ids.flatMap((id) => {
    const [measured, definition] = [results[id], kpis[id]]
    if (measured === undefined) return []
    const { target } = definition
    const old = before?.[id]
    return row([
      definition.name,
      target ? `${target[0]} ${shown({ ...definition, digits: Number.isInteger(target[1]) ? 0 : 1 }, target[1])}` : "—",
      `${shown(definition, measured.value)}${measured.note === undefined ? "" : ` (${measured.note})`}`,
      target ? (isMet(id, measured) ? "yes" : "**no**") : "—",
      ...(before ? [old ? shown(definition, old.value) : "—", old ? changeOf(measured.value, old.value) : "—"] : []),
    ])
  })
  return [row(heads), `|${"---|".repeat(heads.length)}`, ...rows].join("\n")
}
