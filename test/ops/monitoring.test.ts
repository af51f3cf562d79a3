/** The dashboard, the rules and their runbook speak of metrics that the service has. */
import { assert, describe, test } from "vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse, stringify } from "yaml"
import { metrics, metricsByFile } from "./metrics.ts"
import { groupingsOf, selectorsOf } from "./promql.ts"

const root = join(import.meta.dirname, "../..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: { readonly severity?: string }
  readonly annotations?: { readonly summary?: string; readonly runbook_url?: string }
}
interface Panel {
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly targets?: ReadonlyArray<{ readonly expr: string }>
  readonly fieldConfig?: {
    readonly defaults: {
      readonly thresholds: { readonly steps: ReadonlyArray<{ readonly value: number | null; readonly color: string }> }
    }
  }
}
interface Provisioning {
  readonly providers?: ReadonlyArray<{ readonly options: { readonly path: string } }>
  readonly datasources?: ReadonlyArray<{ readonly uid: string }>
}
interface Compose {
  readonly services: { readonly grafana: { readonly volumes: ReadonlyArray<string> } }
}

const rules = (
  parse(read("ops/prometheus/rules.yml")) as { groups: ReadonlyArray<{ rules: ReadonlyArray<Rule> }> }
).groups.flatMap((group) => group.rules)
const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
const { panels } = JSON.parse(read("ops/grafana/dashboards/hs-trade-chat.json")) as { panels: ReadonlyArray<Panel> }
const queries = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })))

const expressions = [
  ...rules.map(({ alert, expr, record }) => [`the rule ${alert ?? record}`, expr] as const),
  ...queries.map(({ title, expr }) => [`the panel “${title}”`, expr] as const),
]

const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
/** What Prometheus itself makes or adds. */
const ofPrometheus: Record<string, ReadonlyArray<string>> = {
  up: [],
  ALERTS: ["alertname", "alertstate", "severity"],
}
const added = ["job", "instance", "le"]

/** The metric that a series is part of: a histogram's are three. */
const metricOf = (series: string): string => {
  const base = series.replace(/_(?:bucket|sum|count)$/, "")
  return metrics[base]?.kind === "histogram" ? base : series
}

const labelsOf = (name: string): ReadonlyArray<string> | undefined =>
  recorded.has(name) ? [] : (ofPrometheus[name] ?? metrics[metricOf(name)]?.labels)

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".ts"),
)
const declared = /\b(?:Metric\.)?(?:counter|gauge|histogram|milliseconds)\(\s*"([a-z0-9_]+)"/g
const declaredIn = (path: string) => [...read(join("src", path)).matchAll(declared)].map(([, name = ""]) => name)

describe("the list of metrics", () => {
  test.each(sources.filter((path) => /\bMetric\./.test(read(join("src", path)))))("has those of src/%s", (path) => {
    assert.sameMembers(declaredIn(path), Object.keys(metricsByFile[path] ?? {}))
  })

  test("is explained in docs/operations/metrics.md, with kind and labels", () => {
    const written = [...read("docs/operations/metrics.md").matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
      ([, name, kind, labels = ""]) => [name, kind, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)],
    )
    assert.sameDeepMembers(
      written,
      Object.entries(metrics).map(([name, { kind, labels }]) => [name, kind, [...labels]]),
    )
  })
})

describe.each(expressions)("%s", (_, expression) => {
  const selectors = selectorsOf(expression)

  test("asks for metrics that the service has, by labels that they have", () => {
    assert.isNotEmpty(selectors)
    for (const { labels, metric } of selectors) {
      const known = labelsOf(metric)
      assert.isDefined(known, metric)
      for (const label of labels) assert.include([...(known ?? []), ...added], label, metric)
    }
  })

  test("groups by labels that one of them has", () => {
    const all = [...added, ...selectors.flatMap(({ metric }) => labelsOf(metric) ?? [])]
    for (const label of groupingsOf(expression)) assert.include(all, label)
  })
})

describe("the dashboard", () => {
  const targets: ReadonlyArray<[string, number]> = [
    ["Availability ≥ 99.5 %", 0.995],
    ["Turn p95 ≤ 3 s", 3000],
    ["First button p95 ≤ 5 s", 5000],
    ["Cached ≤ 1 s", 1000],
    ["Context7 call p95 ≤ 2 s", 2000],
    ["Parallel efficiency ≥ 60 %", 0.6],
    ["Cache hit rate ≥ 70 %", 0.7],
    ["Recovery ≥ 99 %", 0.99],
    ["Stream stability ≥ 99 %", 0.99],
    ["CPU ≤ 60 %", 0.6],
    ["Memory ≤ 1 GiB", 2 ** 30],
  ]
  test.each(targets)("shows %s and turns red at it", (title, target) => {
    const panel = panels.find((each) => each.type === "stat" && each.title === title)
    const steps = panel?.fieldConfig?.defaults.thresholds.steps
    assert.deepStrictEqual(
      steps?.map((step) => step.value),
      [null, target],
    )
    assert.strictEqual(steps?.[title.includes("≥") ? 0 : 1]?.color, "red")
  })

  test("has a panel for every metric", () => {
    const shown = new Set(queries.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metricOf(metric))))
    assert.deepStrictEqual(
      Object.keys(metrics).filter((name) => !shown.has(name)),
      [],
    )
  })

  test("lies where Grafana is told to look, and asks the source it is given", () => {
    const provider = parse(read("ops/grafana/provisioning/dashboards/hs-trade-chat.yml")) as Provisioning
    const source = parse(read("ops/grafana/provisioning/datasources/prometheus.yml")) as Provisioning
    const mounts = (parse(read("compose.yaml")) as Compose).services.grafana.volumes.map((volume) => volume.split(":"))
    assert.deepInclude(mounts, ["./ops/grafana/dashboards", provider.providers?.[0]?.options.path, "ro"])
    const asked = new Set(panels.flatMap(({ datasource }) => datasource?.uid ?? []))
    assert.deepStrictEqual([...asked], [source.datasources?.[0]?.uid])
  })
})

describe("an alert", () => {
  const headings = new Set(
    [...read("docs/operations/runbook.md").matchAll(/^## (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    ),
  )
  test.each(alerts)("$alert says what is wrong and has its page in the runbook", ({ annotations, labels }) => {
    const [page, anchor = ""] = annotations?.runbook_url?.split("#") ?? []
    assert.strictEqual(page, "docs/operations/runbook.md")
    assert.include([...headings], anchor)
    assert.isNotEmpty(annotations?.summary)
    assert.include(["page", "ticket"], labels?.severity)
  })

  test("leaves no page of the runbook without one", () => {
    const linked = alerts.map(({ annotations }) => annotations?.runbook_url?.split("#")[1])
    assert.deepStrictEqual([...headings].sort(), [...new Set(linked)].sort())
  })
})

describe.skipIf(spawnSync("promtool", ["--version"]).status !== 0)("promtool (apt-get install prometheus)", () => {
  const promtool = (...words: ReadonlyArray<string>) => {
    const { status, stderr, stdout } = spawnSync("promtool", words, { cwd: root, encoding: "utf8" })
    assert.strictEqual(status, 0, `${stdout}${stderr}`)
  }
  test("takes the configuration", () => promtool("check", "config", "--syntax-only", "ops/prometheus/prometheus.yml"))
  test("takes the rules", () => promtool("check", "rules", "--lint-fatal", "ops/prometheus/rules.yml"))
  test("sees every alert fire when it should, and stay silent when not", () =>
    promtool("test", "rules", "ops/prometheus/rules.test.yml"))

  test("understands every query of the dashboard", () => {
    const folder = mkdtempSync(join(tmpdir(), "promtool-"))
    const asRules = queries.map(({ expr }, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h"),
    }))
    writeFileSync(join(folder, "panels.yml"), stringify({ groups: [{ name: "panels", rules: asRules }] }))
    promtool("check", "rules", join(folder, "panels.yml"))
    rmSync(folder, { recursive: true })
  })
})

test("every alert is fired by a test of the rules", () => {
  const fired = read("ops/prometheus/rules.test.yml")
  for (const { alert } of alerts) assert.include(fired, `alertname="${alert}"`)
})
