import { assert, it } from "@effect/vitest"
import { Effect, Metric, Ref } from "effect"
import type { Context7Call } from "../../src/domain/Analysis.ts"
import { Context7RateLimited } from "../../src/context7/Context7Error.ts"
import { recorded } from "../../src/detail/calls.ts"

it.effect("operators see each call by tool and outcome", () =>
  Effect.gen(function* () {
    const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
    const call = (answer: Effect.Effect<string, Context7RateLimited>) =>
      Effect.result(recorded(calls, "query-docs", { libraryId: "/a/b" }, (text) => text, answer))
    yield* call(Effect.succeed("2 snippets"))
    yield* call(Effect.fail(new Context7RateLimited({ operation: "docs" })))
    const counted = (yield* Metric.snapshot)
      .filter(({ id }) => id === "context7_calls")
      .map(({ attributes }) => attributes?.["outcome"])
    assert.sameMembers(counted, ["ok", "Context7RateLimited"])
    assert.deepStrictEqual(
      (yield* Ref.get(calls)).map(({ error, output, success }) => [success, output, error]),
      [
        [true, "2 snippets", undefined],
        [false, "", "Context7RateLimited"],
      ],
    )
  }),
)
