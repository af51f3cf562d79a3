import { assert, describe, it } from "@effect/vitest"
import { parseRates } from "../../src/tariff/rates.ts"

const duties = (cell: string) => parseRates(cell).map((rate) => rate.duties)

describe("a rate of duty", () => {
  it("is free, a share of the value, or an amount for a unit", () => {
    assert.deepStrictEqual(duties("Free"), [[{ kind: "free" }]])
    assert.deepStrictEqual(duties("12 1/2%"), [[{ kind: "adValorem", percent: 12.5, of: null }]])
    assert.deepStrictEqual(duties("4.4¢/kg"), [
      [{ kind: "specific", amount: 0.044, currency: "USD", per: "kg", of: null }],
    ])
    assert.deepStrictEqual(duties("$1,035/t"), [
      [{ kind: "specific", amount: 1035, currency: "USD", per: "t", of: null }],
    ])
  })

  it("is the sum of its parts, each on what it is counted on", () => {
    assert.deepStrictEqual(duties("37.5¢ each + 6.4% on the case"), [
      [
        { kind: "specific", amount: 0.375, currency: "USD", per: "each", of: null },
        { kind: "adValorem", percent: 6.4, of: "case" },
      ],
    ])
    assert.deepStrictEqual(duties("The duty provided in the applicable subheading + 25%"), [
      [{ kind: "applicable" }, { kind: "adValorem", percent: 25, of: null }],
    ])
  })

  it("may differ by trade programme", () => {
    assert.deepStrictEqual(parseRates("Free (A+,AU, KR) See 9822.05.20 (CL)"), [
      { text: "Free", duties: [{ kind: "free" }], programs: ["A+", "AU", "KR"] },
      { text: "See 9822.05.20", duties: [{ kind: "see", reference: "9822.05.20" }], programs: ["CL"] },
    ])
  })

  it("stays text when it says more", () => {
    const text = "4¢/kg less 0.02¢/kg for each degree under 100 degrees but not less than 3¢/kg"
    assert.deepStrictEqual(parseRates(text), [{ text, duties: null, programs: [] }])
    assert.deepStrictEqual(duties("$5 of ¢ each"), [null])
    assert.deepStrictEqual(parseRates("  "), [])
  })
})
