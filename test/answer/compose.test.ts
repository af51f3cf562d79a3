import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { composeSources } from "../../src/answer/compose.ts"
import type { Grounding, PlacedCandidate } from "../../src/domain/Grounding.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Intent } from "../../src/domain/Intent.ts"
import type { Language } from "../../src/domain/Recognition.ts"

const placed = (code: string, confidence: number, ko: string, en: string): PlacedCandidate => ({
  code: HsCode.make(code),
  confidence,
  names: { ko, en },
  source: "lexicon",
  chain: [
    { code: HsCode.make(code.slice(0, 4)), names: { ko: "전화기", en: "Telephones" } },
    { code: HsCode.make(code), names: { ko, en } },
  ],
  tell: { ko: "앱을 까는 전화기", en: "runs apps" },
  distinction: null,
})
const phone = placed("851713", 0.95, "스마트폰", "Smartphones")
const other = placed("851714", 0.03, "피처폰", "Feature phones")

const grounding = (language: Language, intent: Intent, more: Partial<Grounding> = {}): Grounding => ({
  message: "아이폰",
  intent: { primary: intent, secondary: [], confidence: 1, trade: true },
  recognition: {
    language,
    productName: "아이폰 15",
    written: [],
    unknown: [],
    candidates: [phone, other],
    supersedes: null,
  },
  candidates: [phone, other],
  detected: phone,
  question: null,
  citations: Effect.succeed({ lines: [], missing: [] }),
  evidence: Effect.succeed([]),
  ...more,
})

const answerOf = (input: Grounding) =>
  Effect.gen(function* () {
    const model = yield* AnswerModel
    const parts = yield* Stream.runCollect(model.answer(input))
    return parts.map((part) => (part._tag === "Text" ? part.text : "")).join("")
  }).pipe(Effect.provide(AnswerModel.layerGrounded))

describe("the grounded answer", () => {
  it.effect("gives the code, its place, why, what separates the alternatives, and what is binding", () =>
    Effect.gen(function* () {
      const ko = yield* answerOf(grounding("ko", "HS_CODE_ANALYSIS"))
      for (const part of ["**아이폰 15는**", "8517.13", "제8517호", "앱을 까는 전화기", "8517.14", "사전심사", "세율"])
        assert.include(ko, part)
      const en = yield* answerOf(grounding("en", "HS_CODE_ANALYSIS"))
      for (const part of ["very probably", "8517.13", "Heading 8517", "runs apps", "8517.14", "advance ruling"])
        assert.include(en, part)
      assert.notMatch(en, /[가-힣]{6,}/)
    }),
  )

  it.effect("says what became of an older edition's code, and that a code does not exist", () =>
    Effect.gen(function* () {
      const base = grounding("ko", "HS_CODE_ANALYSIS")
      const written = {
        written: "8517.12",
        code: HsCode.make("851712"),
        edition: "2017" as const,
        successors: [phone.code, other.code],
      }
      const text = yield* answerOf({
        ...base,
        recognition: { ...base.recognition, written: [written], unknown: ["9999.99"] },
      })
      assert.include(text, "8517.12는 HS 2017의 코드")
      assert.include(text, "9999.99")
    }),
  )

  it.effect("cites the national line with its rate, date and source, and says that a line does not exist", () =>
    Effect.gen(function* () {
      const line = {
        country: "US" as const,
        code: "8517.13.00.00",
        names: { ko: null, en: "Smartphones of glass" },
        rate: "Free",
        source: "Harmonized Tariff Schedule of the United States",
        validFrom: "2026-01-01",
      }
      const korean = { ...line, country: "KR" as const, names: { ko: "유리 전화기", en: null }, rate: null }
      const citations = Effect.succeed({ lines: [line, korean], missing: ["8517.13.9999"] })
      const ko = yield* answerOf(grounding("ko", "HS_CODE_ANALYSIS", { citations }))
      for (const part of [
        "US **8517.13.00.00** Smartphones of glass, 일반세율 **Free**",
        "2026-01-01부터",
        "유리 전화기 (",
      ])
        assert.include(ko, part)
      const en = yield* answerOf(grounding("en", "HS_CODE_ANALYSIS", { citations }))
      assert.include(en, "general rate **Free** (Harmonized Tariff Schedule of the United States, from 2026-01-01)")
      assert.include(en, "**8517.13.9999** is no line")
    }),
  )

  it.effect("asks for more when it does not know", () =>
    Effect.gen(function* () {
      const text = yield* answerOf(grounding("ko", "HS_CODE_ANALYSIS", { detected: null, candidates: [] }))
      assert.include(text, "확정할 수 없습니다")
      assert.notMatch(text, /\d{4}\.\d{2}/)
    }),
  )

  it.effect("says how sure it is, why the alternatives come second, and asks what would decide", () =>
    Effect.gen(function* () {
      const unsure = { ...phone, confidence: 0.4 }
      const second = {
        ...other,
        distinction: { kind: "material" as const, text: { ko: "가죽이면", en: "if leather" } },
      }
      const question = {
        kind: "material" as const,
        text: "어떤 재질입니까?",
        options: [
          { label: "가죽", refinement: "가죽 지갑", codes: [] },
          { label: "모르겠습니다", refinement: null, codes: [] },
        ],
      }
      const ko = yield* answerOf(
        grounding("ko", "HS_CODE_ANALYSIS", { detected: unsure, candidates: [unsure, second], question }),
      )
      for (const part of ["가능성이 있습니다", "가죽이면", "어떤 재질입니까?", "- 모르겠습니다"])
        assert.include(ko, part)
      const en = yield* answerOf(
        grounding("en", "HS_CODE_ANALYSIS", {
          detected: { ...phone, confidence: 0.7 },
          candidates: [phone, { ...second, tell: null }],
        }),
      )
      for (const part of ["probably", "if leather"]) assert.include(en, part)
      const undecided = yield* answerOf(
        grounding("en", "HS_CODE_ANALYSIS", { detected: null, candidates: [{ ...other, tell: null }], question }),
      )
      assert.include(undecided, "### One question")
    }),
  )

  it.effect("explains a written code without a guess, in both languages", () =>
    Effect.gen(function* () {
      const written = {
        written: "8517.12",
        code: HsCode.make("851712"),
        edition: "2017" as const,
        successors: [phone.code],
      }
      for (const language of ["ko", "en"] as const) {
        const base = grounding(language, "HS_CODE_ANALYSIS", { detected: { ...phone, source: "pattern", tell: null } })
        const text = yield* answerOf({
          ...base,
          recognition: { ...base.recognition, productName: null, written: [written], unknown: ["9999.99"] },
        })
        assert.match(text, language === "ko" ? /8517\.13\*\*: 스마트폰입니다/ : /8517\.13\*\* covers: Smartphones/)
        assert.include(text, "8517.12")
      }
    }),
  )

  it.effect("answers a question about requirements or figures with the code that it depends on", () =>
    Effect.gen(function* () {
      for (const intent of ["TRADE_REGULATION", "MARKET_ANALYSIS", "GENERAL_TRADE_INFO"] as const) {
        assert.include(yield* answerOf(grounding("en", intent)), "8517.13")
        assert.include(yield* answerOf(grounding("ko", intent)), "8517.13")
      }
    }),
  )

  const others: ReadonlyArray<[Intent, RegExp, RegExp]> = [
    ["TRADE_REGULATION", /요건/, /requirements/i],
    ["MARKET_ANALYSIS", /통계/, /statistics|figures/i],
    ["CARGO_TRACKING", /UNI-PASS/, /cannot see where/i],
    ["GENERAL_TRADE_INFO", /안녕하세요/, /Hello/],
  ]
  it.effect.each(others)("is honest about %s", ([intent, ko, en]) =>
    Effect.gen(function* () {
      assert.match(yield* answerOf(grounding("ko", intent, { detected: null })), ko)
      assert.match(yield* answerOf(grounding("en", intent, { detected: null })), en)
    }),
  )

  it.effect("names its sources when they have arrived", () =>
    Effect.gen(function* () {
      const evidence = Effect.succeed([
        { title: "품목 해설", source: "https://customs.example/x", snippet: "", codes: [] },
      ])
      assert.include(
        yield* answerOf(grounding("ko", "HS_CODE_ANALYSIS", { evidence })),
        "[품목 해설](<https://customs.example/x>)",
      )
    }),
  )
})

it("lets no source break out of its link", () => {
  const hostile = {
    title: "a](javascript:alert(1)) `x`\n# b",
    source: "https://x.example/>)<script>",
    snippet: "",
    codes: [],
  }
  const text = composeSources([hostile, { ...hostile, source: "javascript:alert(1)" }], "en").join("")
  assert.notMatch(text, /^# b/m)
  assert.notInclude(text, "](javascript")
  assert.notInclude(text, "<script>")
  assert.strictEqual(text.match(/^- /gm)?.length, 1)
})
