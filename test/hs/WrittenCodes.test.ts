import { assert, describe, it } from "@effect/vitest"
import { findWrittenCodes, withoutCodes } from "../../src/hs/WrittenCodes.ts"

const digits = (message: string) => findWrittenCodes(message).map((found) => found.digits)

describe("codes that people write", () => {
  const written: ReadonlyArray<[string, ReadonlyArray<string>]> = [
    ["8517.12", ["851712"]],
    ["8517.12.00 관세율", ["85171200"]],
    ["HS 8517130000 수입 요건", ["8517130000"]],
    ["HS코드 851713 맞나요?", ["851713"]],
    ["hs851713", ["851713"]],
    ["HSK 8517.13-0000", ["8517130000"]],
    ["HTS 8517.13.00.00 duty", ["8517130000"]],
    ["제8517호에 뭐가 있나요", ["8517"]],
    ["8517호", ["8517"]],
    ["85류는 뭔가요", ["85"]],
    ["제9류 커피", ["09"]],
    ["what is in chapter 9?", ["09"]],
    ["heading 8517", ["8517"]],
    ["subheading 8517.13 vs 8517.14", ["851713", "851714"]],
    ["8517 관세율", ["8517"]],
    ["tariff code: 0901.21", ["090121"]],
    ["세번 8517-13-0000", ["8517130000"]],
    ["0901210000", ["0901210000"]],
    ["6109.10과 6110.20의 차이", ["610910", "611020"]],
    ["HS code 2008.11 peanuts", ["200811"]],
  ]
  it.each(written)("%s", (message, expected) => {
    assert.deepStrictEqual(digits(message), expected)
  })
})

describe("numbers that are no codes", () => {
  it.each([
    "가격은 8517.12원입니다",
    "$8517.12 per unit",
    "8517.12 USD",
    "전화 010-1234-5678로 주세요",
    "call 02-8517-1234",
    "1588-8517",
    "2024.12.25 도착 예정",
    "2024.12 수입 통계",
    "2024-11-24",
    "8517개 주문",
    "8471 kg",
    "갤럭시 SM-S9280 수입",
    "RTX 4090 그래픽카드",
    "iPhone 15",
    "모델 A8517.12B",
    "1,234.56",
    "3.14",
    "2024년 수출입 통계",
    "운송장 123456789012",
    "8517mm 파이프",
    "배터리 5000mAh",
  ])("%s", (message) => {
    assert.deepStrictEqual(digits(message), [])
  })
})

it("leaves the rest of the message when the codes are taken out", () => {
  const message = "8517.13 아이폰"
  assert.strictEqual(withoutCodes(message, findWrittenCodes(message)).trim(), "아이폰")
})
