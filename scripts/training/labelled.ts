/** Labelled queries: folders of `.tsv` files with `query<TAB>code`, and how they are parted. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { normalise } from "../../src/hs/text.ts"

const everyday = new URL("../../test/hs/everyday.tsv", import.meta.url)

/** Our own list: Korean, English and reworded names of everyday goods with their heading. */
export const readTriples = (): ReadonlyArray<ReadonlyArray<string>> =>
  readFileSync(everyday, "utf8")
    .split("\n")
    .filter((text) => text !== "" && !text.startsWith("#"))
    .map((text) => text.split("\t"))

/** Each second pair of goods tunes the ranking; nothing is fitted to any. (Rewordings take turns between the languages.) */
export const tunesRanking = (row: number): boolean => Math.floor(row / 2) % 2 === 0

export interface Labelled {
  /** File name without `.tsv`. */
  readonly set: string
  /** From 1. */
  readonly row: number
  readonly query: string
  /** Digits only, 4 to 10. */
  readonly code: string
}

export const readLabelled = (folder: string): ReadonlyArray<Labelled> =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".tsv"))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const [query, code] = line.trimEnd().split("\t")
          return query && code && /^\d{4,10}$/.test(code)
            ? [{ set: basename(name, ".tsv"), row: index + 1, query, code }]
            : []
        }),
    )

/** The three wordings of each everyday good as rows of their own. */
export const readEveryday = (): ReadonlyArray<Labelled> =>
  readTriples().flatMap((fields, row) =>
    fields.slice(0, 3).map((query) => ({ set: everydaySet, row, query, code: fields[3] ?? "" })),
  )

const everydaySet = "everyday"

/** Nothing is fitted to `holdout` and nothing tuned on it: a quarter of the rows. The ranking is tuned on another one. */
export type Part = "holdout" | "fit" | "tune"

const fnv = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

export const partOf = ({ set, row, query }: Labelled): Part =>
  set === everydaySet
    ? tunesRanking(row)
      ? "tune"
      : "holdout"
    : (["holdout", "fit", "fit", "tune"] as const)[fnv(query) % 4]!

/** Sets with this name are for fitting as a whole: too large and too alike to measure with. */
export const isForFitting = ({ set }: Labelled): boolean => set.startsWith("mixed")

export const sameText = (query: string): string => normalise(query).replace(/[^\p{L}\p{N}]/gu, "")
