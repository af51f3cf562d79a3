/** Labelled queries: folders of `.tsv` files with `query<TAB>code`, and how they are parted. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { normalise } from "../../src/hs/text.ts"

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

/** Nothing is fitted to `holdout` and nothing tuned on it: a quarter of the rows. The ranking is tuned on another one. */
export type Part = "holdout" | "fit" | "tune"

const fnv = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

export const partOf = ({ query }: Pick<Labelled, "query">): Part =>
  (["holdout", "fit", "fit", "tune"] as const)[fnv(query) % 4]!

/** Sets with this name are for fitting as a whole: too large and too alike to measure with. */
export const isForFitting = ({ set }: Labelled): boolean => set.startsWith("mixed")

export const sameText = (query: string): string => normalise(query).replace(/[^\p{L}\p{N}]/gu, "")
