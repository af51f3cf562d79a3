/** What became of codes between HS 2017 and HS 2022. Pure. */
import { HsCode } from "../domain/HsCode.ts"
import type { WrittenCode } from "../domain/Recognition.ts"
import type { Nomenclature } from "./Nomenclature.ts"

export interface Editions {
  /** Successors in HS 2022 of a 2017 subheading, or of a 2017 heading that is gone; empty when it is no such code. */
  readonly successors: (code2017: string) => ReadonlyArray<HsCode>
  /**
   * Subheadings of HS 2017 that the goods of a subheading new in HS 2022 came from; `many` when there are too many to
   * name; null when HS 2017 had the subheading too.
   */
  readonly origins: (code2022: string) => ReadonlyArray<HsCode> | "many" | null
}

/** Reads lines such as `8517.12 = 8517.13 8517.14`, without their dots. */
const linesOf = (text: string): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [from = "", ...to] = line.replaceAll(".", "").split(/ = | /)
      return [from, to]
    })

export const parseEditions = (successors: string, origins: string): Editions => {
  const forward = new Map<string, Set<HsCode>>()
  for (const [from, to] of linesOf(successors)) {
    for (const key of [from, from.slice(0, 4)]) {
      const codes = forward.get(key) ?? new Set()
      for (const code of to) codes.add(HsCode.make(code))
      forward.set(key, codes)
    }
  }
  const backward = new Map(
    linesOf(origins).map(([code, from]) => [
      code,
      from[0] === "many" ? ("many" as const) : from.map((digits) => HsCode.make(digits)),
    ]),
  )
  return {
    successors: (code) => [...(forward.get(code) ?? [])],
    origins: (code) => backward.get(code) ?? null,
  }
}

/** The newest edition that has a code, by its first six digits, and its codes of HS 2022; null when neither has it. */
export const placeOf = (
  digits: string,
  nomenclature: Nomenclature,
  editions: Editions,
): Pick<WrittenCode, "edition" | "successors"> | null => {
  const short = digits.slice(0, 6)
  const current = nomenclature.get(short)
  if (current) return { edition: "2022", successors: [current.code] }
  const successors = editions.successors(short)
  return successors.length > 0 ? { edition: "2017", successors } : null
}
