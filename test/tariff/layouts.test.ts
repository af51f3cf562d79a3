import { assert, describe, it } from "@effect/vitest"
import type { Layout, Reading } from "../../src/tariff/Layout.ts"
import { koreaCodes } from "../../src/tariff/layouts/koreaCodes.ts"
import { koreaNames } from "../../src/tariff/layouts/koreaNames.ts"
import { unitedStates } from "../../src/tariff/layouts/unitedStates.ts"

const read = (layout: Layout, ...rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<Reading> => {
  const [header, ...others] = rows.map((cells, index) => ({ sheet: null, line: index + 1, cells, read: 0 }))
  const reader = layout.begin(header!)
  assert.isNotNull(reader)
  return others.map((row) => reader!(row))
}

const said = (reading: Reading | undefined): string | undefined =>
  reading && "fault" in reading
    ? reading.fault.reason
    : reading === null
      ? "no line"
      : (reading?.line.names.ko ?? "named")

describe("a row that breaks its layout is told by what is wrong with it", () => {
  it("in Korea's names", () => {
    const readings = read(
      koreaNames,
      ["HS2단위", "한글품목명", "영문품목명"],
      ["85", "전기", ""],
      ["85", "전기", "Electrical"],
      ["eighty", "전기", "Electrical"],
      ["86", "", "Railways"],
      ["HS4단위", "한글품목명", "영문품목명"],
      ["8517", "전화기", "Telephones"],
      ["HS6단위", "품목명"],
    )
    assert.deepStrictEqual(readings.map(said), [
      "전기",
      "85 stands twice",
      `"eighty" is no code of 2 to 10 digits`,
      "86 has no Korean name",
      "no line",
      "전화기",
      "the sheet lacks 한글품목명 or 영문품목명",
    ])
    assert.isNull(koreaNames.begin({ sheet: null, line: 1, cells: ["코드", "한글품목명", "영문품목명"], read: 0 }))
  })

  it("in Korea's codes", () => {
    const header = [
      "HS부호",
      "적용시작일자",
      "적용종료일자",
      "한글품목명",
      "영문품목명",
      "수량단위코드",
      "중량단위코드",
    ]
    const readings = read(
      koreaCodes,
      header,
      ["8517130000", "2022-01-01", "2026-12-31", "전화기", "", "", "KG"],
      ["85", "2022-01-01", "2026-12-31", "전기", "", "", ""],
      ["8517130000", "2022-13-01", "", "전화기", "", "", ""],
      ["8517130000", "2022-01-01", "2026-12-31", "", "Telephones", "", ""],
      ["8517130000", "2022-01-01"],
    )
    assert.deepStrictEqual(readings.map(said), [
      "전화기",
      `"85" is no code of 5 to 10 digits`,
      "8517130000 has no dates (2022-13-01, -)",
      "8517130000 has no Korean name",
      "2 cells, the header has 7",
    ])
    assert.isNull(koreaCodes.begin({ sheet: null, line: 1, cells: header.slice(1), read: 0 }))
  })

  it("in the United States' schedule, whose indents may skip a step", () => {
    const header = [
      "HTS Number",
      "Indent",
      "Description",
      "Unit of Quantity",
      "General Rate of Duty",
      "Special Rate of Duty",
      "Column 2 Rate of Duty",
      "Quota Quantity",
      "Additional Duties",
    ]
    const rest = ["", "", "", "", "", ""]
    const readings = read(
      unitedStates,
      header,
      ["9101", "0", "Watches", ...rest],
      ["9101.11", "2", "Deeper", ...rest],
      ["9101.12", "2", "Beside it", "", "", "", "", "12 t", "Free"],
      ["9101.13", "", "No indent", ...rest],
      ["9101.14", "-1", "Below zero", ...rest],
      ["9101.15", "1", "<b></b>", ...rest],
      ["", "1", "", ...rest],
    )
    assert.deepStrictEqual(readings.map(said), [
      "named",
      "named",
      "named",
      `"" is no indent`,
      `"-1" is no indent`,
      "9101.15 has no description",
      "the line has no description",
    ])
    const parents = readings.map((reading) => (reading && "line" in reading ? reading.line.parent : undefined))
    assert.deepStrictEqual(parents.slice(0, 3), [null, 1, 1])
    const quota = readings[2]
    assert.strictEqual(quota && "line" in quota ? quota.line.rates?.quota : null, "12 t")
  })
})
