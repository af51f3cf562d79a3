import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { Persistence } from "effect/persistence"
import { TestClock } from "effect/testing"
import { Context7BudgetSpent, type Context7Error, Context7RateLimited } from "../../src/context7/Context7Error.ts"
import type { Snippet } from "../../src/context7/parse.ts"
import { DetailPageCache } from "../../src/detail/DetailPageCache.ts"
import { Invalidations, Scope } from "../../src/detail/Invalidations.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { answering } from "../context7/answering.ts"

const snippet: Snippet = {
  title: "Wireless earphones",
  source: "https://customs.example/a",
  text: "Wireless earphones are classified in HS 8518.30.",
}

const counting = (answer: () => Effect.Effect<ReadonlyArray<Snippet>, Context7Error>) => {
  const asked = { count: 0 }
  const context7 = answering(() => Effect.suspend(() => (asked.count++, answer())))
  const layer = DetailPageCache.layer.pipe(
    Layer.provideMerge(Invalidations.layer),
    Layer.provide([context7, Persistence.layerMemory]),
  )
  return { asked, layer }
}

const find = (message: string) =>
  Effect.gen(function* () {
    const { recognize } = yield* HarmonizedSystem
    return yield* (yield* DetailPageCache).find(recognize(message), "decide")
  })

layer(HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer)))("the result of a product", (it) => {
  it.effect("serves whoever names it in another spelling, and says that it was kept", () => {
    const { asked, layer } = counting(() => Effect.succeed([snippet]))
    return Effect.gen(function* () {
      const first = yield* find("wireless earphones hs code")
      assert.isFalse(first.cacheHit)
      for (const same of ["HS code of Wireless  Earphones?", "what is the tariff rate for wireless-earphone"]) {
        const again = yield* find(same)
        assert.isTrue(again.cacheHit, same)
        assert.deepStrictEqual(again.calls, [], same)
        assert.deepStrictEqual(again.candidates[0]?.code, first.candidates[0]?.code)
        assert.strictEqual(again.candidates[0]?.source, "cache")
        assert.deepStrictEqual(again.snippets, first.snippets)
      }
      assert.strictEqual(asked.count, 1)
      assert.isFalse((yield* find("wired keyboard hs code")).cacheHit)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is worked out once for a hundred turns at the same time, whoever of them leaves", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<ReadonlyArray<Snippet>>()
      const { asked, layer } = counting(() => Deferred.await(answer))
      yield* Effect.gen(function* () {
        const turns = yield* Effect.forEach(Array.from({ length: 100 }), () =>
          Effect.forkChild(find("wireless earphones")),
        )
        yield* Effect.yieldNow
        yield* Fiber.interrupt(turns[0]!)
        yield* Deferred.succeed(answer, [snippet])
        const results = yield* Effect.forEach(turns.slice(1), Fiber.join)
        assert.isTrue(results.every(({ failure, snippets }) => failure === null && snippets.length === 1))
        assert.strictEqual(asked.count, 1)
      }).pipe(Effect.provide(layer))
    }),
  )

  it.effect("is worked out anew when its code is declared outdated, and when the schedules change the names", () => {
    const { asked, layer } = counting(() => Effect.succeed([snippet]))
    return Effect.gen(function* () {
      const { learn, version } = yield* HarmonizedSystem
      const { declare } = yield* Invalidations
      const before = yield* version
      const first = yield* find("wireless earphones")
      yield* TestClock.adjust("1 second")
      yield* declare(Scope.code(first.candidates[0]?.code ?? HsCode.make("01")))
      yield* TestClock.adjust("1 second")
      assert.isFalse((yield* find("wireless earphones")).cacheHit)
      assert.isTrue((yield* find("wireless earphones")).cacheHit)
      assert.strictEqual(asked.count, 2)
      learn([{ code: "851830", text: "무선 이어폰 세트" }])
      assert.notStrictEqual(yield* version, before)
      assert.notStrictEqual((yield* find("wireless earphones")).candidates[0]?.source, "cache")
      learn([])
      assert.strictEqual(yield* version, before)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is the recognition's own while Context7 fails, and nothing of that is kept", () => {
    let failure: Context7Error | null = new Context7RateLimited({ operation: "docs" })
    const { layer } = counting(() => (failure ? Effect.fail(failure) : Effect.succeed([snippet])))
    return Effect.gen(function* () {
      const { recognize } = yield* HarmonizedSystem
      const failed = yield* find("wireless earphones")
      assert.strictEqual(failed.failure?._tag, "Context7RateLimited")
      assert.deepStrictEqual(failed.candidates, recognize("wireless earphones").candidates)
      failure = new Context7BudgetSpent({ retryAfter: 5 })
      assert.strictEqual((yield* find("wireless earphones")).failure?._tag, "Context7BudgetSpent")
      failure = null
      assert.lengthOf((yield* find("wireless earphones")).snippets, 1)
    }).pipe(Effect.provide(layer))
  })
})
