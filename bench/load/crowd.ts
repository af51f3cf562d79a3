/** Many readers at a rate: guests and members, most of whom read all, some come back and some stop; and what they saw. */
import { goods } from "../goods.ts"
import { mixed, tokenOf } from "../callers.ts"
import { quantile } from "../figures.ts"
import { type Asked, paced } from "../stream/load.ts"
import { askFor, type Turn, type Way } from "./reader.ts"

const everyCut = 53
const everyStop = 97

const wayOf = (n: number): Way => (n % everyCut === 7 ? "cut" : n % everyStop === 13 ? "stop" : "whole")

/** Each of the goods once, asked by its name alone. */
export const distinct = (n: number): Asked => {
  const message = goods[n % goods.length] ?? ""
  return n % 10 < 3 ? { message, token: tokenOf(n) } : { message }
}

interface Crowd {
  readonly perSecond: number
  readonly count: number
  readonly next?: (n: number) => Asked
}

/** Asks that often, whatever is still open, and waits for all ends. */
export const crowd = async (base: string, { count, next = mixed, perSecond }: Crowd): Promise<ReadonlyArray<Turn>> =>
  Promise.all(await paced(perSecond, count, (n, due) => askFor(base, next(n), wayOf(n), due)))

export const p95 = (turns: ReadonlyArray<Turn>, of: "firstEvent" | "firstButton" | "whole"): number =>
  quantile(
    turns.map((turn) => turn[of]).filter((value) => !Number.isNaN(value)),
    0.95,
  )

/** Percent. */
export const share = (part: number, of: number): number => (of === 0 ? 100 : (100 * part) / of)

const refusals = new Set([429, 503])
export const isRefused = ({ status }: Turn): boolean => refusals.has(status)
const lost = (turns: ReadonlyArray<Turn>) => turns.filter((turn) => !turn.answered && !isRefused(turn))
export const lostOf = (turns: ReadonlyArray<Turn>) => lost(turns).length

const lossOf = ({ ended, errors, status, way }: Turn): string => {
  if (status === 0) return "no answer"
  if (status !== 200) return `HTTP ${status}`
  return `${way}, ${ended ? "ended without its answer" : "broke off"}${errors.length > 0 ? ` (${errors.join(", ")})` : ""}`
}

/** Of what turns were lost, and how many of that. */
export const lossesOf = (turns: ReadonlyArray<Turn>): string =>
  [...Map.groupBy(lost(turns), lossOf)].map(([loss, { length }]) => `${length} ${loss}`).join("; ") || "0"
