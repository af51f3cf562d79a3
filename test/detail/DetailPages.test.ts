import { assert, layer } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, Fiber, Layer } from "effect"
import { Persistence } from "effect/persistence"
import { TestClock } from "effect/testing"
import { Context7, type Context7Service } from "../../src/context7/Context7.ts"
import { Context7ApiError, Context7RateLimited, Context7Resting } from "../../src/context7/Context7Error.ts"
import type { Snippet } from "../../src/context7/parse.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import type { ChatEventBody, ThinkingStage, TurnVoice } from "../../src/domain/ChatEvent.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Recognition } from "../../src/domain/Recognition.ts"
import { answering } from "../context7/answering.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"

const names = { ko: "스마트폰", en: "smartphones" }
const recognized = (confidence: number, more: Partial<Recognition> = {}): Recognition => ({
  language: "ko",
  productName: "아이폰 15",
  written: [],
  unknown: [],
  supersedes: null,
  candidates: [
    { code: HsCode.make("851713"), confidence, names, source: "lexicon" },
    {
      code: HsCode.make("851714"),
      confidence: (1 - confidence) / 2,
      names: { ko: "피처폰", en: "feature phones" },
      source: "lexicon",
    },
  ],
  ...more,
})

const context7 = (docs: Context7Service["getLibraryDocs"], libraries: ReadonlyArray<string> = ["/customs/guide"]) =>
  answering(docs, {
    libraries,
    resolveLibraryId: () =>
      Effect.succeed([{ id: "/resolved", title: "t", description: "", snippets: 1, reputation: 1 }]),
  })

const saying = (text: string): ReadonlyArray<Snippet> => [
  { title: "아이폰과 스마트폰", source: "https://customs.example/a", text },
]

const prepare = (recognition: Recognition, context7: Layer.Layer<Context7>) =>
  Effect.gen(function* () {
    const said: Array<ChatEventBody> = []
    const stages: Array<ThinkingStage> = []
    const voice: TurnVoice = {
      say: (event) => Effect.sync(() => void said.push(event)),
      announce: (stage) => Effect.sync(() => void stages.push(stage)),
    }
    const pages = yield* DetailPages
    const result = yield* pages.prepare(recognition, voice)
    return { said, stages, result, names: said.map((event) => event.eventType) }
  }).pipe(Effect.provide(DetailPages.layer.pipe(Layer.provide([context7, Persistence.layerMemory]))))

const harmonizedSystem = HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))

const three = ["detail_page_button_ready", "detail_page_button_ready", "detail_page_button_ready"]

layer(harmonizedSystem)("the buttons", (it) => {
  it.effect("of a sure recognition go out although Context7 never answers", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        prepare(
          recognized(0.95),
          context7(() => Effect.never),
        ),
      )
      yield* TestClock.adjust("2 seconds")
      const { names, result } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(names, [
        "detail_page_buttons_start",
        ...three,
        "detail_page_buttons_error",
        "detail_page_buttons_complete",
      ])
      assert.isTrue(result.fallbackUsed)
    }),
  )

  it.effect("of an unsure one come from the fallback when Context7 is too slow", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        prepare(
          recognized(0.6),
          context7(() => Effect.never),
        ),
      )
      yield* TestClock.adjust("2 seconds")
      const { names, said, result } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(names, [
        "detail_page_buttons_start",
        "detail_page_buttons_error",
        ...three,
        "detail_page_buttons_complete",
      ])
      assert.deepInclude(said[1], { type: "context7_timeout", errorCode: "CONTEXT7_TIMEOUT", fallbackActivated: true })
      assert.strictEqual(result.context7?.performance.error_count, 1)
      assert.strictEqual(result.duration, 2000)
    }),
  )

  it.effect("survive an error of Context7 and say so", () =>
    Effect.gen(function* () {
      const failing = context7(() =>
        Effect.fail(new Context7ApiError({ operation: "docs", status: 503, reason: "down" })),
      )
      const { said } = yield* prepare(recognized(0.6), failing)
      assert.deepInclude(said[1], { type: "context7_api_error", errorCode: "CONTEXT7_API_FAILURE" })
      assert.deepInclude(said.at(-1), { buttonsGenerated: 3 })
      const limited = yield* prepare(
        recognized(0.6),
        context7(() => Effect.fail(new Context7RateLimited({ operation: "docs" }))),
      )
      assert.deepInclude(limited.said[1], { retryInfo: { retryable: true, retryAfter: 60, maxRetries: 1 } })
    }),
  )

  it.effect("are told of as they are prepared: what is asked, and what is weighed when there is something", () =>
    Effect.gen(function* () {
      const asking: Array<ThinkingStage> = ["detail_page_preparation", "rag_search_planning", "rag_search_executing"]
      const told = yield* prepare(
        recognized(0.6),
        context7(() => Effect.succeed(saying("8517.13 smartphones"))),
      )
      assert.deepStrictEqual(told.stages, [...asking, "data_processing"])
      const nothing = yield* prepare(
        recognized(0.6),
        context7(() => Effect.succeed([])),
      )
      assert.deepStrictEqual(nothing.stages, asking)
    }),
  )

  it.effect("need no Context7 at all", () =>
    Effect.gen(function* () {
      const { names, result } = yield* prepare(recognized(0.6), Context7.layerOff)
      assert.deepStrictEqual(names, ["detail_page_buttons_start", ...three, "detail_page_buttons_complete"])
      assert.isNull(result.context7)
      assert.isFalse(result.fallbackUsed)
    }),
  )

  it.effect("are not invented when nothing is likely", () =>
    Effect.gen(function* () {
      const { names, said, result } = yield* prepare(
        recognized(0.1, { candidates: [], productName: null }),
        Context7.layerOff,
      )
      assert.deepStrictEqual(names, [
        "detail_page_buttons_start",
        "detail_page_buttons_error",
        "detail_page_buttons_complete",
      ])
      assert.deepInclude(said[1], { errorCode: "NO_HSCODE_DETECTED" })
      assert.isAbove((said[1] as { suggestions: ReadonlyArray<string> }).suggestions.length, 0)
      assert.deepInclude(said[2], { buttonsGenerated: 0 })
      assert.isNull(result.info.detected)
    }),
  )

  it.effect("lead to the heading when only the heading is likely", () =>
    Effect.gen(function* () {
      const { result } = yield* prepare(recognized(0.3), Context7.layerOff)
      assert.strictEqual(result.info.detected?.code, "8517")
    }),
  )

  it.effect("name the code, its place, the alternatives and the older code they replace", () =>
    Effect.gen(function* () {
      const { result } = yield* prepare(
        recognized(0.95, { supersedes: HsCode.make("851712"), language: "en" }),
        Context7.layerOff,
      )
      const [first, second, third] = result.buttons.map(({ button }) => button)
      assert.deepStrictEqual(
        [first?.buttonType, second?.buttonType, third?.buttonType],
        ["HS_CODE", "REGULATION", "STATISTICS"],
      )
      assert.strictEqual(first?.url, "/detail/hscode/8517.13")
      assert.strictEqual(second?.url, "/regulation?hscode=8517.13&country=ALL")
      assert.deepInclude(first?.metadata, { hscode: "8517.13", supersedes: "8517.12" })
      assert.deepInclude(first?.metadata.categoryInfo, { chapter: "85", heading: "8517", subheading: "8517.13" })
      assert.deepStrictEqual(
        first?.metadata.alternatives.map(({ hscode }) => hscode),
        ["8517.14"],
      )
    }),
  )
})

layer(harmonizedSystem)("evidence", (it) => {
  const confidenceWith = (text: string) =>
    Effect.map(
      prepare(
        recognized(0.6),
        context7(() => Effect.succeed(saying(text))),
      ),
      ({ result }) => result,
    )

  it.effect("that names the code lifts its confidence and is kept with its source", () =>
    Effect.gen(function* () {
      const result = yield* confidenceWith("스마트폰은 HS 8517.13에 분류한다")
      assert.isAbove(result.info.detected?.confidence ?? 0, 0.6)
      assert.strictEqual(result.info.detected?.source, "context7")
      assert.deepStrictEqual(
        result.info.evidence.map(({ source, codes }) => [source, ...codes]),
        [["https://customs.example/a", "8517.13"]],
      )
      assert.deepStrictEqual(result.context7?.analysis_results.hscode_patterns_found, ["8517.13"])
    }),
  )

  it.effect("that names another heading lowers it", () =>
    Effect.gen(function* () {
      const result = yield* confidenceWith("아이폰 케이스는 HS 4202.32에 분류한다")
      const smartphone = result.info.candidates.find(({ code }) => code === "851713")
      assert.isBelow(smartphone?.confidence ?? 1, 0.6)
    }),
  )

  it.effect("that has nothing to do with the product changes nothing", () =>
    Effect.gen(function* () {
      const silent = context7(() =>
        Effect.succeed([{ title: "React hooks", source: "https://react.example", text: "useState returns a pair" }]),
      )
      const { result } = yield* prepare(recognized(0.6), silent)
      assert.strictEqual(result.info.detected?.confidence, 0.6)
      assert.strictEqual(result.info.detected?.source, "lexicon")
      assert.deepStrictEqual(result.info.evidence, [])
    }),
  )

  it.effect("is looked for in the library that carries the heading's name when none is configured", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const recording = context7((id) => Effect.sync(() => (asked.push(id), [])), [])
      const { result } = yield* prepare(recognized(0.6), recording)
      assert.deepStrictEqual(asked, ["/resolved"])
      assert.deepStrictEqual(
        result.context7?.api_calls.map((call) => call.function),
        ["resolve-library-id", "query-docs"],
      )
    }),
  )

  it.effect("come from our own analysis while Context7 is left alone, which operators see as degraded", () =>
    Effect.gen(function* () {
      const resting = answering(() => Effect.die("not asked"), {
        refusal: Effect.succeedSome(
          new Context7Resting({ operation: "guard", reason: "circuit open", retryAfter: 240 }),
        ),
      })
      const { said, result } = yield* prepare(recognized(0.6), resting)
      assert.isTrue(result.fallbackUsed)
      const error = said.find((event) => event.eventType === "detail_page_buttons_error")
      assert.strictEqual(error?.eventType === "detail_page_buttons_error" ? error.retryInfo.retryAfter : null, 240)
      const state = (context7: Layer.Layer<Context7>) =>
        Effect.flatMap(DetailPages, ({ context7State }) => context7State).pipe(
          Effect.provide(DetailPages.layer.pipe(Layer.provide([context7, Persistence.layerMemory]))),
        )
      assert.strictEqual(yield* state(resting), "degraded")
      assert.strictEqual(yield* state(context7(() => Effect.succeed([]))), "enabled")
      assert.strictEqual(yield* state(Context7.layerOff), "off")
    }),
  )
})
