import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Ref } from "effect"
import { Persistence } from "effect/persistence"
import { TestClock } from "effect/testing"
import type { Context7Call } from "../../src/domain/Analysis.ts"
import { Context7RateLimited, type Context7Error, LibraryNotFound } from "../../src/context7/Context7Error.ts"
import type { Snippet } from "../../src/context7/parse.ts"
import { EvidenceCache, Flight } from "../../src/detail/EvidenceCache.ts"
import { answering } from "../context7/answering.ts"

const snippet: Snippet = { title: "스마트폰", source: "https://customs.example/a", text: "8517.13" }

/** A Context7 that answers as told, and how often it was asked. */
const counting = (answer: () => Effect.Effect<ReadonlyArray<Snippet>, Context7Error>) => {
  const asked = { count: 0 }
  const context7 = answering(() => Effect.suspend(() => (asked.count++, answer())))
  return { asked, layer: EvidenceCache.layer.pipe(Layer.provide([context7, Persistence.layerMemory])) }
}

/** Asks, and says whether the turn had to make a call for it. */
const ask = (question: string) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
    const cache = yield* EvidenceCache
    const result = yield* Effect.result(
      cache.snippets({ question, about: "Telephones" }).pipe(Effect.provideService(Flight, calls)),
    )
    return { result, called: (yield* Ref.get(calls)).length > 0 }
  })

describe("what Context7 said", () => {
  it.effect("serves the same question in another spelling for an hour", () => {
    const { asked, layer } = counting(() => Effect.succeed([snippet]))
    return Effect.gen(function* () {
      assert.isTrue((yield* ask("HS classification of iPhone 15")).called)
      for (const same of ["hs classification of  IPHONE 15", "HS Classification of iPhone15"]) {
        const { called, result } = yield* ask(same)
        assert.isFalse(called, same)
        assert.deepStrictEqual(result._tag === "Success" ? result.success : null, { snippets: [snippet], stale: false })
      }
      assert.isTrue((yield* ask("HS classification of iPhone 16")).called)
      yield* TestClock.adjust("61 minutes")
      assert.isTrue((yield* ask("HS classification of iPhone 15")).called)
      assert.strictEqual(asked.count, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is asked for once by a hundred turns at the same time, whoever of them leaves", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<ReadonlyArray<Snippet>>()
      const { asked, layer } = counting(() => Deferred.await(answer))
      yield* Effect.gen(function* () {
        const turns = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.forkChild(ask("iPhone")))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(turns[0]!)
        yield* Deferred.succeed(answer, [snippet])
        const results = yield* Effect.forEach(turns.slice(1), Fiber.join)
        assert.isTrue(results.every(({ result }) => result._tag === "Success"))
        assert.strictEqual(asked.count, 1)
      }).pipe(Effect.provide(layer))
    }),
  )

  it.effect("is asked for again after a failure, and after a while when there was nothing", () => {
    const answers: Array<Effect.Effect<ReadonlyArray<Snippet>, Context7Error>> = [
      Effect.fail(new Context7RateLimited({ operation: "docs" })),
      Effect.succeed([]),
      Effect.fail(new LibraryNotFound({ library: "x" })),
      Effect.succeed([snippet]),
    ]
    const { asked, layer } = counting(() => answers.shift() ?? Effect.die("asked too often"))
    return Effect.gen(function* () {
      assert.strictEqual((yield* ask("kimchi")).result._tag, "Failure")
      assert.isTrue((yield* ask("kimchi")).called)
      assert.isFalse((yield* ask("kimchi")).called)
      yield* TestClock.adjust("11 minutes")
      assert.strictEqual((yield* ask("kimchi")).result._tag, "Failure")
      assert.isFalse((yield* ask("kimchi")).called)
      yield* TestClock.adjust("11 minutes")
      assert.isTrue((yield* ask("kimchi")).called)
      assert.strictEqual(asked.count, 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("serves for a day in place of a failure, marked as such", () => {
    let well = true
    const { layer } = counting(() =>
      well ? Effect.succeed([snippet]) : Effect.fail(new Context7RateLimited({ operation: "docs" })),
    )
    return Effect.gen(function* () {
      yield* ask("pencil")
      well = false
      yield* TestClock.adjust("2 hours")
      const { called, result } = yield* ask("pencil")
      assert.isTrue(called)
      assert.deepStrictEqual(result._tag === "Success" ? result.success : null, { snippets: [snippet], stale: true })
      assert.strictEqual((yield* ask("crayon")).result._tag, "Failure")
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* ask("pencil")).result._tag, "Failure")
    }).pipe(Effect.provide(layer))
  })
})
