/**
 * United States International Trade Commission, Harmonized Tariff Schedule, the csv export: indentation gives the
 * hierarchy, lines without a number group those below them, and a line that states no rates has those of the line above.
 */
import type { Rates } from "../../domain/Tariff.ts"
import { columnsOf, cutOff, faultAt, type Layout, type PlacedLine, type Reader } from "../Layout.ts"
import { parseRates } from "../rates.ts"
import type { Row } from "../Table.ts"

const columns = [
  "HTS Number",
  "Indent",
  "Description",
  "Unit of Quantity",
  "General Rate of Duty",
  "Special Rate of Duty",
  "Column 2 Rate of Duty",
  "Quota Quantity",
  "Additional Duties",
] as const

type Cell = (name: (typeof columns)[number]) => string

const numberPattern = /^\d{4}(?:\.\d{2}(?:\.\d{2}(?:\.\d{2})?)?)?$/
const unit = /"([^"]+)"/g

const ratesOf = (cell: Cell, above: PlacedLine | undefined): Rates | null => {
  const rates = {
    general: parseRates(cell("General Rate of Duty")),
    special: parseRates(cell("Special Rate of Duty")),
    column2: parseRates(cell("Column 2 Rate of Duty")),
    additional: parseRates(cell("Additional Duties")),
    quota: cell("Quota Quantity") || null,
    inheritedFrom: null,
  }
  if (rates.general.length + rates.special.length + rates.column2.length + rates.additional.length > 0) return rates
  if (!above?.rates) return null
  return { ...above.rates, inheritedFrom: above.rates.inheritedFrom ?? above.code }
}

const withoutMarkup = (text: string): string => text.replace(/<[^>]*>/g, "").trim()

const reader = (first: Row): Reader | null => {
  const at = columnsOf(first, columns)
  if (at === null) return null
  /** The lines above the next one, each further in than the one before; the export skips steps at places. */
  const above: Array<{ readonly indent: number; readonly line: PlacedLine }> = []
  let position = 0
  return (row) => {
    const short = cutOff(row, first)
    if (short !== null) return { fault: short }
    const cell: Cell = (name) => at(row, name)
    const [number, indent] = [cell("HTS Number"), Number(cell("Indent") || Number.NaN)]
    if (number !== "" && !numberPattern.test(number))
      return { fault: faultAt(row, `"${number}" is no number of the schedule`) }
    if (!Number.isInteger(indent) || indent < 0) return { fault: faultAt(row, `"${cell("Indent")}" is no indent`) }
    const en = withoutMarkup(cell("Description"))
    if (en === "") return { fault: faultAt(row, `${number || "the line"} has no description`) }
    while ((above.at(-1)?.indent ?? -1) >= indent) above.pop()
    const parent = above.at(-1)?.line
    position += 1
    const line: PlacedLine = {
      position,
      parent: parent?.position ?? null,
      code: number === "" ? null : number.replaceAll(".", ""),
      names: { ko: null, en },
      units: [...cell("Unit of Quantity").matchAll(unit)].map(([, text = ""]) => text),
      rates: ratesOf(cell, parent),
      validFrom: null,
      validTo: null,
    }
    above.push({ indent, line })
    return { line }
  }
}

export const unitedStates: Layout = {
  id: "us-hts",
  country: "US",
  source: "Harmonized Tariff Schedule of the United States",
  begin: reader,
}
