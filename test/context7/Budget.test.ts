import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Option, Result } from "effect"
import { Redis } from "effect/persistence"
import { TestClock } from "effect/testing"
import { makeBudget, Purpose } from "../../src/context7/Budget.ts"
import { quotaConfig } from "../../src/domain/Quota.ts"

const hundredAMonth = makeBudget("c7", Option.some({ limit: 100, window: Duration.days(30) }))

/** How many of so many calls it allows. */
const allowed = (budget: Effect.Success<typeof hundredAMonth>, calls: number, purpose: Purpose) =>
  Effect.all(Array.from({ length: calls }, () => Effect.result(budget.spend))).pipe(
    Effect.provideService(Purpose, purpose),
    Effect.map((results) => results.filter(Result.isSuccess).length),
  )

describe("the budget", () => {
  it.effect("goes to unsure recognitions to the last call, and to sure ones as the window passes", () =>
    Effect.gen(function* () {
      const budget = yield* hundredAMonth
      assert.strictEqual(yield* allowed(budget, 10, "enrich"), 0)
      yield* TestClock.adjust("15 days")
      assert.strictEqual(yield* allowed(budget, 20, "decide"), 20)
      assert.strictEqual(yield* allowed(budget, 100, "enrich"), 30)
      assert.strictEqual(yield* allowed(budget, 100, "decide"), 50)
      assert.isTrue(Option.isSome(yield* budget.refusal))
      yield* TestClock.adjust("15 days")
      assert.isTrue(Option.isNone(yield* budget.refusal))
      assert.strictEqual(yield* allowed(budget, 150, "decide"), 100)
    }),
  )

  it.effect("that is spent says when there will be more", () =>
    Effect.gen(function* () {
      const budget = yield* makeBudget("c7", Option.some({ limit: 1, window: Duration.hours(1) }))
      yield* TestClock.adjust("20 minutes")
      yield* budget.spend
      assert.strictEqual((yield* Effect.flip(budget.spend)).retryAfter, 2400)
    }),
  )

  it.effect("is not had anew from a Redis that forgets", () =>
    Effect.gen(function* () {
      const budget = yield* makeBudget("c7", Option.some({ limit: 2, window: Duration.hours(1) }))
      assert.strictEqual(yield* allowed(budget, 10, "decide"), 2)
    }).pipe(
      Effect.provideService(Redis.Redis, {
        send: () => Effect.succeed(1 as never),
        eval: () => () => Effect.never,
        subscribe: () => Effect.never,
        reserve: Effect.never,
      }),
    ),
  )

  it.effect("is off unless it is given, and a wrong one is refused", () =>
    Effect.gen(function* () {
      const read = (value?: string) =>
        Effect.result(
          quotaConfig("CONTEXT7_BUDGET", "off").parse(
            ConfigProvider.fromEnvRecord(value === undefined ? {} : { CONTEXT7_BUDGET: value }),
          ),
        )
      assert.deepStrictEqual(yield* read(), Result.succeed(Option.none()))
      const given = yield* read("1000/30 days")
      assert.deepStrictEqual(given, Result.succeed(Option.some({ limit: 1000, window: Duration.days(30) })))
      for (const wrong of ["1000", "0/1 day", "-5/1 day", "10/never", "10/1 milli", "many/1 day"]) {
        assert.isTrue(Result.isFailure(yield* read(wrong)), wrong)
      }
    }),
  )
})
