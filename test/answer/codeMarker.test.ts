import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { codeMarker } from "../../src/answer/codeMarker.ts"
import type { Standing } from "../../src/domain/Grounding.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Language } from "../../src/domain/Recognition.ts"

const standing = (digits: string): Standing => {
  if (digits === "851712") return { successors: [HsCode.make("851713"), HsCode.make("851714")] }
  return ["8517", "851713", "420231"].includes(digits) ? "current" : "unknown"
}

const marked = (pieces: ReadonlyArray<string>, language: Language = "ko"): string => {
  const marker = codeMarker(standing, language)
  return pieces.map(marker.add).join("") + marker.end()
}

describe("the marks of codes", () => {
  it.each([
    ["9999.99입니다", "9999.99(존재하지 않는 코드)입니다"],
    ["**9999.99**", "**9999.99(존재하지 않는 코드)**"],
    [
      "9999.99.10, 9999.99.1000과 9999.99-1000.",
      "9999.99.10(존재하지 않는 코드), 9999.99.1000(존재하지 않는 코드)과 9999.99-1000(존재하지 않는 코드).",
    ],
    ["HS코드: 999999", "HS코드: 999999(존재하지 않는 코드)"],
    ["세번 9999991000은", "세번 9999991000(존재하지 않는 코드)은"],
    ["HS9999.99", "HS9999.99(존재하지 않는 코드)"],
    ["9999.99 원산지", "9999.99(존재하지 않는 코드) 원산지"],
    ["9999.98-9999.99", "9999.98(존재하지 않는 코드)-9999.99(존재하지 않는 코드)"],
  ])("stand right behind what does not exist: %s", (text, expected) => {
    assert.strictEqual(marked([text]), expected)
  })

  it.each([
    ["heading 9999", "heading 9999 (no such code)"],
    ["HTS code `9999.99`", "HTS code `9999.99 (no such code)`"],
    ["It was 8517.12.00.", "It was 8517.12.00 (HS 2017; in HS 2022: 8517.13, 8517.14)."],
  ])("are English in an English answer: %s", (text, expected) => {
    assert.strictEqual(marked([text], "en"), expected)
  })

  it("name the successors of a code of HS 2017", () => {
    assert.strictEqual(marked(["8517.12는"]), "8517.12(HS 2017 코드, HS 2022에서는 8517.13, 8517.14)는")
  })

  it.each([
    "8517.13, 8517.13.0000, 8517과 HS코드 420231",
    "2019년 2,024개, 010-1234-5678, 1588-9999, 99.99%",
    "HS 2017과 HS 2022, HTS 2025, 2024.05.01과 2024.05",
    "$1234.56, 1234.56원, 1234.56 달러, USD 1234.56, 1,234.56, 1234.56 kg, 1234.5678",
    "모델 AB9999.99, 제품 A-9999.99, https://example.com/9999.99/x, 192.168.0.1, 3.1415.92.65",
    "999999명이 2026년에 1234567890을",
  ])("do not stand behind what exists or is no code: %s", (text) => {
    assert.strictEqual(marked([text]), text)
  })

  it("are the same wherever the text is cut", () => {
    const text =
      "HS코드 **9999.99**와 8517.12.0000, 1234.56 달러, HS 9999991000은 9999.99 원산지, 2024.05에 8517.13-0000, 9999.98-9999.99, 12345678901234567890."
    const whole = marked([text])
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        assert.strictEqual(marked(at.slice(1).map((end, i) => text.slice(at[i], end))), whole)
      }),
    )
  })

  it("hold back nothing but what may still be a code", () => {
    const marker = codeMarker(standing, "ko")
    assert.strictEqual(marker.add("이 물품은 "), "이 물품은 ")
    assert.strictEqual(marker.add("85"), "")
    assert.strictEqual(marker.add("17.13"), "")
    assert.strictEqual(marker.add("입니다"), "8517.13입니다")
    assert.strictEqual(marker.add(" 9999.99"), " ")
    assert.strictEqual(marker.add(" 달"), "")
    assert.strictEqual(marker.add("러 정도이며"), "9999.99 달러 정도이며")
  })
})
