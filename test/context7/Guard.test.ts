import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Option } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import {
  Context7ApiError,
  Context7ConnectionLost,
  type Context7Error,
  Context7RateLimited,
  Context7Timeout,
  LibraryNotFound,
} from "../../src/context7/Context7Error.ts"
import { makeGuard } from "../../src/context7/Guard.ts"

const guard = makeGuard({ key: "http://context7.example/mcp", timeout: Duration.seconds(2) })

/** A call that fails, and how often it was really made. */
const failing = (error: Context7Error) => {
  const made = { count: 0 }
  return { made, call: Effect.suspend(() => (made.count++, Effect.fail(error))) }
}

const inScope = <A, E>(test: Effect.Effect<A, E, CircuitBreaker.CircuitBreakerStore | import("effect").Scope.Scope>) =>
  test.pipe(Effect.scoped, Effect.provide(CircuitBreaker.layerStoreMemory()))

describe("an ill Context7", () => {
  const illnesses: ReadonlyArray<Context7Error> = [
    new Context7Timeout({ operation: "docs", after: 2000 }),
    new Context7ConnectionLost({ operation: "docs", reason: "refused" }),
    new Context7ApiError({ operation: "docs", status: 502, reason: "bad gateway" }),
  ]
  it.effect.each(illnesses)("is left alone after five failures in a row, and tried again later: %s", (error) =>
    inScope(
      Effect.gen(function* () {
        const { protect, refusal } = yield* guard
        const { call, made } = failing(error)
        for (let n = 0; n < 5; n++) assert.strictEqual((yield* Effect.flip(protect(call)))._tag, error._tag)
        assert.isTrue(Option.isSome(yield* refusal))
        const refused = yield* Effect.flip(protect(call))
        assert.strictEqual(refused._tag, "Context7Resting")
        assert.isAbove(refused._tag === "Context7Resting" ? refused.retryAfter : 0, 0)
        assert.strictEqual(made.count, 5)
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* protect(Effect.succeed("well again")), "well again")
        assert.isTrue(Option.isNone(yield* refusal))
      }),
    ),
  )

  it.effect("is left alone at once, and for longer, when it refuses", () =>
    inScope(
      Effect.gen(function* () {
        const { protect, refusal } = yield* guard
        const { call, made } = failing(new Context7RateLimited({ operation: "docs" }))
        yield* Effect.flip(protect(call))
        yield* TestClock.adjust("4 minutes")
        assert.strictEqual((yield* Effect.flip(protect(call)))._tag, "Context7Resting")
        assert.strictEqual(made.count, 1)
        assert.isTrue(Option.isSome(yield* refusal))
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual(yield* protect(Effect.succeed("well again")), "well again")
      }),
    ),
  )

  it.effect("is not taken for ill because it knows no library or the reader left", () =>
    inScope(
      Effect.gen(function* () {
        const { protect, refusal } = yield* guard
        const { call, made } = failing(new LibraryNotFound({ library: "x" }))
        for (let n = 0; n < 8; n++) yield* Effect.flip(protect(call))
        assert.strictEqual(made.count, 8)
        for (let n = 0; n < 8; n++) yield* Fiber.interrupt(yield* Effect.forkChild(protect(Effect.never)))
        assert.isTrue(Option.isNone(yield* refusal))
      }),
    ),
  )

  it.effect("is taken for ill when its callers give up on it, one after the other", () =>
    inScope(
      Effect.gen(function* () {
        const { protect, refusal } = yield* guard
        for (let n = 0; n < 5; n++) {
          const caller = yield* Effect.forkChild(protect(Effect.never).pipe(Effect.timeoutOption("1900 millis")))
          yield* TestClock.adjust("2 seconds")
          yield* Fiber.join(caller)
        }
        assert.isTrue(Option.isSome(yield* refusal))
      }),
    ),
  )

  it.effect("is asked by so many at a time and no more", () =>
    inScope(
      Effect.gen(function* () {
        const { protect } = yield* guard
        const answer = yield* Deferred.make<string>()
        const callers = yield* Effect.forEach(Array.from({ length: 200 }), () =>
          Effect.forkChild(Effect.result(protect(Deferred.await(answer)))),
        )
        yield* TestClock.adjust("1 second")
        yield* Deferred.succeed(answer, "late")
        const results = yield* Effect.forEach(callers, Fiber.join)
        assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 16)
        assert.strictEqual(yield* protect(Effect.succeed("a place again")), "a place again")
      }),
    ),
  )
})
