/** The codes of HS 2022 with their names, in a tree: chapter, heading, subheading. Pure. */
import { HsCode } from "../domain/HsCode.ts"
import type { Names } from "../domain/Recognition.ts"
import type { LexiconRow } from "./Lexicon.ts"

export interface Entry {
  readonly code: HsCode
  readonly names: Names
  /** What separates it from its siblings. */
  readonly tell: Names | null
  readonly usual: HsCode | null
  readonly children: ReadonlyArray<HsCode>
}

export interface Nomenclature {
  /** The entry of a chapter, heading or subheading; undefined when HS 2022 has no such code. */
  readonly get: (code: string) => Entry | undefined
  /** From the chapter down to the code itself. */
  readonly chain: (code: string) => ReadonlyArray<Entry>
  readonly siblings: (code: string) => ReadonlyArray<Entry>
  readonly size: { readonly chapters: number; readonly headings: number; readonly subheadings: number }
}

type Row = Pick<LexiconRow, "code" | "ko" | "en" | "tell" | "usual">

export const makeNomenclature = (rows: ReadonlyArray<Row>): Nomenclature => {
  const entries = new Map<string, Entry & { readonly children: Array<HsCode> }>()
  const put = (code: string, row: Row, tell: Names | null) => {
    const key = HsCode.make(code)
    const usual = row.usual === null || code.length !== 4 ? null : HsCode.make(row.usual)
    entries.set(key, { code: key, names: { ko: row.ko, en: row.en }, tell, usual, children: [] })
    entries.get(code.slice(0, -2))?.children.push(key)
  }
  const ordered = [...rows].sort((a, b) => (a.code < b.code ? -1 : 1))
  ordered.forEach((row, index) => {
    put(row.code, row, row.tell)
    const alone = row.code.length === 4 && !ordered[index + 1]?.code.startsWith(row.code)
    if (alone) put(`${row.code}00`, row, null)
  })
  const get = (code: string) => entries.get(code)
  const count = (length: number) => [...entries.keys()].filter((code) => code.length === length).length
  return {
    get,
    chain: (code) =>
      [2, 4, 6].filter((length) => length <= code.length).flatMap((length) => get(code.slice(0, length)) ?? []),
    siblings: (code) =>
      (get(code.slice(0, -2))?.children ?? []).filter((other) => other !== code).flatMap((other) => get(other) ?? []),
    size: { chapters: count(2), headings: count(4), subheadings: count(6) },
  }
}
