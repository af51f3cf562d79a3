/**
 * Korea Customs Service, 「관세청_HS부호 단위별 품목명」: a workbook with a sheet for each length of code and the columns
 * `HSn단위`, `한글품목명`, `영문품목명`.
 */
import { columnsOf, faultAt, type Layout, type Reader, type Reading } from "../Layout.ts"
import type { Row } from "../Table.ts"

const unit = /^HS\d+단위$/
const isHeader = (row: Row) => unit.test(row.cells[0]?.trim() ?? "")

/** Codes of 2 to 10 digits, odd lengths included: the law groups lines at 5, 7 and 9 digits too. */
const codePattern = /^\d{2,10}$/

const reader = (first: Row): Reader | null => {
  let cell = isHeader(first) ? columnsOf(first, ["한글품목명", "영문품목명"]) : null
  if (cell === null) return null
  const positions = new Map<string, number>()
  const parentOf = (code: string): number | null => {
    for (let length = code.length - 1; length >= 2; length--) {
      const position = positions.get(code.slice(0, length))
      if (position !== undefined) return position
    }
    return null
  }
  return (row): Reading => {
    if (isHeader(row)) {
      cell = columnsOf(row, ["한글품목명", "영문품목명"])
      return cell === null ? { fault: faultAt(row, "the sheet lacks 한글품목명 or 영문품목명") } : null
    }
    const code = row.cells[0]?.trim() ?? ""
    if (!codePattern.test(code)) return { fault: faultAt(row, `"${code}" is no code of 2 to 10 digits`) }
    if (positions.has(code)) return { fault: faultAt(row, `${code} stands twice`) }
    const ko = cell?.(row, "한글품목명") ?? ""
    if (ko === "") return { fault: faultAt(row, `${code} has no Korean name`) }
    const position = positions.size + 1
    positions.set(code, position)
    const en = cell?.(row, "영문품목명") ?? ""
    return {
      line: {
        position,
        parent: parentOf(code),
        code,
        names: { ko, en: en === "" ? null : en },
        units: [],
        rates: null,
        validFrom: null,
        validTo: null,
      },
    }
  }
}

export const koreaNames: Layout = {
  id: "kr-names",
  country: "KR",
  source: "관세청_HS부호 단위별 품목명",
  begin: reader,
}
