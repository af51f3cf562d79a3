import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { measureIntents, readOffTopic, readQuestions, refusedShare } from "../../scripts/evaluation/intents.ts"
import { detectIntent } from "../../src/chat/detectIntent.ts"
import { everyday } from "../../src/chat/intents/everyday.ts"
import { intentRules } from "../../src/chat/intents/rules.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { harmonizedSystem } from "./TestRooms.ts"

layer(harmonizedSystem)("the detection of intents", (it) => {
  const detecting = Effect.map(
    HarmonizedSystem,
    ({ recognize }) =>
      (message: string) =>
        detectIntent(message, recognize(message)),
  )

  const lists = (["tuning", "heldback"] as const).flatMap((part) =>
    (["ko", "en"] as const).map((language) => [part, language] as const),
  )

  it.effect.each(lists)(
    "tells what nine of ten questions ask for first, and what they ask besides: %s, %s",
    ([part, language]) =>
      Effect.gen(function* () {
        const questions = readQuestions(part).filter((question) => question.language === language)
        const measured = measureIntents(yield* detecting, questions)
        assert.isAtLeast(questions.length, 100)
        assert.isAtLeast(measured.primary, 0.9)
        assert.isAtLeast(measured.secondaryRecall, 0.7)
        assert.isAtLeast(measured.secondaryPrecision, 0.6)
        assert.isAtMost(measured.refused, 0.02)
      }),
  )

  it.effect.each(["tuning", "heldback"] as const)(
    "takes four of five everyday messages for no trade question: %s",
    (part) =>
      Effect.gen(function* () {
        const messages = readOffTopic(part)
        assert.isAtLeast(messages.length, 60)
        assert.isAtLeast(refusedShare(yield* detecting, messages), 0.8)
      }),
  )

  it.effect("takes the bare name of a good for a question about its code, whatever words the name is made of", () =>
    Effect.gen(function* () {
      const detect = yield* detecting
      for (const name of [
        "세탁기",
        "여행용 캐리어",
        "washing machine",
        "golf ball",
        "music box",
        "유화물감",
        "화물트럭",
      ]) {
        const { primary, trade } = detect(name)
        assert.deepStrictEqual([name, primary, trade], [name, "HS_CODE_ANALYSIS", true])
      }
    }),
  )

  it.effect("asks first for what the message names first, when both are asked alike", () =>
    Effect.gen(function* () {
      const detect = yield* detecting
      assert.deepInclude(detect("커튼 HS코드랑 수출 통계"), {
        primary: "HS_CODE_ANALYSIS",
        secondary: ["MARKET_ANALYSIS"],
      })
      assert.deepInclude(detect("커튼 수출 통계랑 HS코드"), {
        primary: "MARKET_ANALYSIS",
        secondary: ["HS_CODE_ANALYSIS"],
      })
    }),
  )

  it.effect("reads the longest message within half a second, whatever it repeats", () =>
    Effect.gen(function* () {
      const detect = yield* detecting
      for (const unit of ["통관", "진행", "how to ", "is my ", "원산지 증명", "8517 or ", "\n ", "🙂"]) {
        const begun = performance.now()
        detect(unit.repeat(1000).slice(0, 1000))
        assert.isBelow(performance.now() - begun, 500, unit)
      }
    }),
  )

  it("has a sentence for each rule in its page", () => {
    const page = readFileSync(new URL("../../docs/intents.md", import.meta.url), "utf8")
    for (const { name } of [...Object.values(intentRules).flat(), ...everyday]) assert.include(page, `**${name}**`)
  })
})
