import { assert, it } from "@effect/vitest"
import fc from "fast-check"
import { type CitedCodes, weigh } from "../../src/detail/confidence.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Candidate } from "../../src/domain/Recognition.ts"

const names = { ko: "이름", en: "name" }
const codes = ["851713", "851714", "420232", "390110"].map((code) => HsCode.make(code))

const candidates = fc
  .array(fc.double({ min: 0.01, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 4 })
  .map((values) => {
    const total = Math.max(
      1,
      values.reduce((sum, value) => sum + value, 0),
    )
    return values.map((value, index): Candidate => ({
      code: codes[index]!,
      confidence: value / total,
      names,
      source: "lexicon",
    }))
  })
const snippet = fc.record({ relevance: fc.double({ min: 0, max: 1, noNaN: true }), codes: fc.subarray(codes) })
const evidence = fc.array(snippet, { maxLength: 5 })

const none = () => null
const of = (code: HsCode, all: ReadonlyArray<Candidate>) =>
  all.find((candidate) => candidate.code === code)?.confidence ?? 0

it("keeps every confidence between 0 and 1 and their sum at 1 at most", () => {
  fc.assert(
    fc.property(candidates, evidence, (all, cited) => {
      const weighed = weigh(all, cited, none)
      assert.isTrue(weighed.every(({ confidence }) => confidence >= 0 && confidence <= 1))
      assert.isAtMost(
        weighed.reduce((sum, { confidence }) => sum + confidence, 0),
        1.01,
      )
    }),
  )
})

it("never lowers a candidate for one more snippet that names it alone", () => {
  fc.assert(
    fc.property(candidates, evidence, fc.double({ min: 0, max: 1, noNaN: true }), (all, cited, relevance) => {
      const target = all[0]!.code
      const support: CitedCodes = { relevance, codes: [target] }
      const before = weigh(all, [...cited, { relevance: 0, codes: [target] }], none)
      const after = weigh(all, [...cited, support], none)
      assert.isAtLeast(of(target, after), of(target, before) - 0.005)
    }),
  )
})

it("adds a code that only the evidence names, far below a recognised one", () => {
  const all: ReadonlyArray<Candidate> = [{ code: codes[0]!, confidence: 0.6, names, source: "lexicon" }]
  const weighed = weigh(all, [{ relevance: 1, codes: [codes[0]!, codes[1]!] }], (code) => ({
    code,
    confidence: 0,
    names,
    source: "context7",
  }))
  assert.deepStrictEqual(
    weighed.map(({ code }) => code),
    [codes[0], codes[1]],
  )
})
