/** How a kind of published file is read. A country is added by one layout and its place in `layouts/index.ts`. */
import type { Country, TariffLine } from "../domain/Tariff.ts"
import type { Row } from "./Table.ts"

export type LayoutId = "kr-names" | "kr-codes" | "us-hts"

/** A line with its place in the file's hierarchy. */
export interface PlacedLine extends TariffLine {
  /** From 1, in the file's order. */
  readonly position: number
  /** Position of the line above it. */
  readonly parent: number | null
}

/** A row that breaks its layout. */
export interface RowFault {
  readonly sheet: string | null
  readonly line: number
  readonly reason: string
}

export type Reading = { readonly line: PlacedLine } | { readonly fault: RowFault } | null

/** Takes the rows one after the other; null is a row that holds no line (a heading of a further sheet). */
export type Reader = (row: Row) => Reading

export interface Layout {
  readonly id: LayoutId
  readonly country: Country
  /** Name of the publication, as its publisher calls it. */
  readonly source: string
  /** A reader of the rows below this first row, or null when it does not begin a file of this layout. */
  readonly begin: (first: Row) => Reader | null
}

/** Reads cells by the names of their columns, wherever these stand; null when one is missing. */
export const columnsOf = <const Name extends string>(
  header: Row,
  names: ReadonlyArray<Name>,
): ((row: Row, name: Name) => string) | null => {
  const titles = header.cells.map((cell) => cell.trim())
  const positions = new Map(names.map((name) => [name, titles.indexOf(name)]))
  if ([...positions.values()].includes(-1)) return null
  return (row, name) => row.cells[positions.get(name)!]?.replace(/\s+/g, " ").trim() ?? ""
}

/** Too few cells: the row, or the file, is cut off. */
export const cutOff = (row: Row, header: Row): RowFault | null =>
  row.cells.length >= header.cells.length
    ? null
    : faultAt(row, `${row.cells.length} cells, the header has ${header.cells.length}`)

export const faultAt = ({ sheet, line }: Row, reason: string): RowFault => ({ sheet, line, reason })
