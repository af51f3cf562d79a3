/** Codes of HS 2017 that HS 2022 no longer has, and their successors. Pure. */
import { HsCode } from "../domain/HsCode.ts"

export interface Editions {
  /** Successors in HS 2022 of a 2017 subheading, or of a 2017 heading that is gone; empty when it is no such code. */
  readonly successors: (code2017: string) => ReadonlyArray<HsCode>
  /** Subheadings of HS 2017 that led to this one of HS 2022. */
  readonly predecessors: (code2022: string) => ReadonlyArray<HsCode>
}

/** Reads lines such as `8517.12 = 8517.13 8517.14`. */
export const parseEditions = (text: string): Editions => {
  const forward = new Map<string, Set<HsCode>>()
  const backward = new Map<string, Set<HsCode>>()
  const add = (map: Map<string, Set<HsCode>>, from: string, to: string) =>
    map.set(from, (map.get(from) ?? new Set()).add(HsCode.make(to)))
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue
    const [from = "", ...to] = line.replaceAll(".", "").split(/ = | /)
    for (const code of to) {
      add(forward, from, code)
      add(forward, from.slice(0, 4), code)
      add(backward, code, from)
    }
  }
  return {
    successors: (code) => [...(forward.get(code) ?? [])],
    predecessors: (code) => [...(backward.get(code) ?? [])],
  }
}
