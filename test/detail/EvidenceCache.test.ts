import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { Persistence } from "effect/persistence"
import { TestClock } from "effect/testing"
import type { Context7Call } from "../../src/domain/Analysis.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Context7Service } from "../../src/context7/Context7.ts"
import { Context7RateLimited, type Context7Error, LibraryNotFound } from "../../src/context7/Context7Error.ts"
import type { Snippet } from "../../src/context7/parse.ts"
import { EvidenceCache } from "../../src/detail/EvidenceCache.ts"
import { Invalidations, Scope } from "../../src/detail/Invalidations.ts"
import { answering } from "../context7/answering.ts"

const snippet: Snippet = { title: "스마트폰", source: "https://customs.example/a", text: "HS 8517.13" }
const documented = { ...snippet, library: "/customs/guide" }
const code = HsCode.make("851713")

/** A Context7 that answers as told, and how often it was asked. */
const counting = (
  answer: (library: string) => Effect.Effect<ReadonlyArray<Snippet>, Context7Error>,
  more: Partial<Context7Service> = {},
) => {
  const asked = { count: 0 }
  const context7 = answering((library) => Effect.suspend(() => (asked.count++, answer(library))), more)
  const layer = EvidenceCache.layer.pipe(
    Layer.provideMerge(Invalidations.layer),
    Layer.provide([context7, Persistence.layerMemory]),
  )
  return { asked, layer }
}

/** Asks, and says whether the turn had to make a call for it. */
const ask = (product: string) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
    const cache = yield* EvidenceCache
    const result = yield* Effect.result(cache.ask({ product, code, name: "Smartphones", heading: "Telephones" }, calls))
    const snippets = result._tag === "Success" ? result.success.snippets : null
    return { snippets, result, called: (yield* Ref.get(calls)).length > 0 }
  })

describe("what Context7 said", () => {
  it.effect("serves the same product in another spelling for an hour", () => {
    const { asked, layer } = counting(() => Effect.succeed([snippet]))
    return Effect.gen(function* () {
      assert.isTrue((yield* ask("wireless earphones 15")).called)
      for (const same of ["Wireless  EARPHONES 15", "wireless-earphone 15", "the wireless earphones 15"]) {
        const { called, snippets } = yield* ask(same)
        assert.isFalse(called, same)
        assert.deepStrictEqual(snippets, [documented])
      }
      assert.isTrue((yield* ask("wireless earphones 16")).called)
      yield* TestClock.adjust("61 minutes")
      assert.isTrue((yield* ask("wireless earphones 15")).called)
      assert.strictEqual(asked.count, 3)
    }).pipe(Effect.provide(layer))
  })

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
      assert.deepStrictEqual((yield* ask("kimchi")).snippets, [])
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
      assert.deepInclude(result._tag === "Success" ? result.success : {}, { snippets: [documented], stale: true })
      assert.strictEqual((yield* ask("crayon")).result._tag, "Failure")
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* ask("pencil")).result._tag, "Failure")
    }).pipe(Effect.provide(layer))
  })

  it.effect(
    "is asked for again when an operator declares it outdated, and does not even serve in place of a failure",
    () => {
      let well = true
      const { layer } = counting(() =>
        well ? Effect.succeed([snippet]) : Effect.fail(new Context7RateLimited({ operation: "docs" })),
      )
      return Effect.gen(function* () {
        const { declare } = yield* Invalidations
        for (const scope of [Scope.everything, Scope.code(code), Scope.library("/customs/guide")]) {
          yield* ask("pencil")
          yield* declare(Scope.library("/another/library"))
          assert.isFalse((yield* ask("pencil")).called, scope)
          yield* TestClock.adjust("1 second")
          yield* declare(scope)
          yield* TestClock.adjust("1 second")
          assert.isTrue((yield* ask("pencil")).called, scope)
        }
        yield* declare(Scope.everything)
        well = false
        assert.strictEqual((yield* ask("pencil")).result._tag, "Failure")
      }).pipe(Effect.provide(layer))
    },
  )

  it.effect("comes from the libraries that answer, and is asked for again sooner when some failed", () => {
    let well = false
    const { asked, layer } = counting(
      (library) =>
        library === "/customs/guide" || well
          ? Effect.succeed([snippet])
          : Effect.fail(new Context7RateLimited({ operation: "docs" })),
      { libraries: ["/customs/guide", "/broken/one"] },
    )
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* ask("pencil")).snippets, [documented])
      assert.isFalse((yield* ask("pencil")).called)
      well = true
      yield* TestClock.adjust("11 minutes")
      assert.lengthOf((yield* ask("pencil")).snippets ?? [], 2)
      assert.strictEqual(asked.count, 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not looked for again in a library that turned out not to be about trade", () => {
    const consulted: Array<string> = []
    const found = (id: string) => ({ id, title: id, description: "", snippets: 1, reputation: 1 })
    const { layer } = counting(
      (library) =>
        Effect.sync(() => {
          consulted.push(library)
          return library === "/customs/guide"
            ? [snippet]
            : [{ title: "Telephone input", source: "https://ui.example", text: "<Input type='tel' /> 8517.13" }]
        }),
      {
        libraries: [],
        resolveLibraryId: () => Effect.succeed([found("/ui/telephone"), found("/customs/guide")]),
      },
    )
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* ask("first phone")).snippets, [])
      assert.deepStrictEqual((yield* ask("second phone")).snippets, [documented])
      assert.deepStrictEqual(consulted, ["/ui/telephone", "/customs/guide"])
      yield* TestClock.adjust("25 hours")
      yield* ask("third phone")
      assert.strictEqual(consulted.at(-1), "/ui/telephone")
    }).pipe(Effect.provide(layer))
  })
})
