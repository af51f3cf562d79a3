/** What a run measures and for how long, as the command line says. */
import { availableParallelism, cpus } from "node:os"
import { StartError } from "../../src/platform/StartError.ts"

const phases = ["steps", "latency", "telemetry", "soak", "chaos", "spike", "slow-readers"] as const
export type Phase = (typeof phases)[number]

export interface Options {
  readonly phases: ReadonlySet<Phase>
  /** Seconds of the soak. */
  readonly soak: number
  /** Seconds of each other measurement. */
  readonly measure: number
  /** Readers at once, step by step. */
  readonly steps: ReadonlyArray<number>
  /** Turns a second in the soak, or half of what saturates when that is less. */
  readonly rate: number
  readonly out: string
  readonly compare?: string
  readonly dashboard?: string
}

const others = ["all", "quick", "measure", "rate", "out", "compare", "dashboard"]

const refused = (what: string, cure: string) => new StartError({ what, cure })
const whatThereIs = `there are ${[...phases, ...others].map((name) => `--${name}`).join(", ")}`

const units: Record<string, number> = { s: 1, m: 60, h: 3600 }

const secondsOf = (text: string): number => {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const factor = units[unit]
  if (amount === undefined || factor === undefined) throw refused(`${text} is no duration`, "write 30s, 10m or 1h")
  return Number(amount) * factor
}

const given = (args: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  let flag = ""
  for (const word of args) {
    if (word.startsWith("--")) found.set((flag = word.slice(2)), "")
    else if (flag === "" || found.get(flag) !== "") throw refused(`${word} belongs to no option`, whatThereIs)
    else found.set(flag, word)
  }
  return found
}

/**
 * A phase that is named runs, with others that are; without any, or with `--all` or `--quick`, all of them do. Throws a
 * StartError.
 */
export const readOptions = (args: ReadonlyArray<string>): Options => {
  const flags = given(args)
  const known = new Set<string>([...phases, ...others])
  for (const flag of flags.keys()) if (!known.has(flag)) throw refused(`there is no option --${flag}`, whatThereIs)
  const quick = flags.has("quick")
  const named = phases.filter((phase) => flags.has(phase))
  const all = quick || flags.has("all") || named.length === 0
  const value = (name: string, otherwise: string) => flags.get(name) || otherwise
  const [compare, dashboard] = [flags.get("compare"), flags.get("dashboard")]
  return {
    phases: new Set(all ? phases : named),
    soak: secondsOf(value("soak", quick ? "20s" : "10m")),
    measure: secondsOf(value("measure", quick ? "3s" : "20s")),
    steps: value("steps", quick ? "8,32" : "1,4,16,64")
      .split(",")
      .map(Number),
    rate: Number(value("rate", "100")),
    out: value("out", `.data/load/${new Date().toISOString().replaceAll(":", "-")}.json`),
    ...(compare ? { compare } : {}),
    ...(dashboard ? { dashboard } : {}),
  }
}

export const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? "", node: process.version }
