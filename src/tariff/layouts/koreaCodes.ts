/**
 * Korea Customs Service, 「관세청_HS부호」: comma-separated, 20 columns from `HS부호,적용시작일자,적용종료일자,…`, one row a
 * line with its dates and statistical units; lines of 5 to 9 digits group those of ten.
 */
import { Schema } from "effect"
import { DateText } from "../../domain/Tariff.ts"
import { columnsOf, cutOff, faultAt, type Layout, type Reader } from "../Layout.ts"
import type { Row } from "../Table.ts"

const columns = [
  "HS부호",
  "적용시작일자",
  "적용종료일자",
  "한글품목명",
  "영문품목명",
  "수량단위코드",
  "중량단위코드",
] as const

const isDate = Schema.is(DateText)

const reader = (first: Row): Reader | null => {
  const cell = columnsOf(first, columns)
  if (cell === null) return null
  let position = 0
  return (row) => {
    const short = cutOff(row, first)
    if (short !== null) return { fault: short }
    const code = cell(row, "HS부호")
    const [validFrom, validTo] = [cell(row, "적용시작일자"), cell(row, "적용종료일자")]
    if (!/^\d{5,10}$/.test(code)) return { fault: faultAt(row, `"${code}" is no code of 5 to 10 digits`) }
    if (!isDate(validFrom) || !isDate(validTo))
      return { fault: faultAt(row, `${code} has no dates (${validFrom || "-"}, ${validTo || "-"})`) }
    const ko = cell(row, "한글품목명")
    if (ko === "") return { fault: faultAt(row, `${code} has no Korean name`) }
    const en = cell(row, "영문품목명")
    position += 1
    return {
      line: {
        position,
        parent: null,
        code,
        names: { ko, en: en === "" ? null : en },
        units: [cell(row, "수량단위코드"), cell(row, "중량단위코드")].filter((text) => text !== ""),
        rates: null,
        validFrom,
        validTo,
      },
    }
  }
}

export const koreaCodes: Layout = { id: "kr-codes", country: "KR", source: "관세청_HS부호", begin: reader }
