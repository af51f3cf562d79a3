/** Which turn a key stands for while Redis comes and goes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Redis } from "effect/persistence"
import { randomUUID } from "node:crypto"
import { makeIdempotency } from "../../src/chat/Idempotency.ts"
import { TurnId } from "../../src/domain/Turn.ts"
import { ask } from "./TestRooms.ts"

const failing = Effect.fail(new Redis.RedisError({ cause: new Error("away") }))

/** A Redis that keeps keys, but fails those commands that are named by their number. */
const stumbling = (...fails: ReadonlyArray<number>) => {
  const kept = new Map<string, string>()
  let count = 0
  const send = (_: string, key = "", value = "") =>
    Effect.suspend((): Effect.Effect<never, Redis.RedisError> => {
      count += 1
      if (fails.includes(count)) return failing
      const before = kept.get(key) ?? null
      if (before === null) kept.set(key, value)
      return Effect.succeed(before as never)
    })
  return Redis.Redis.of({
    send: send as Redis.Redis["Service"]["send"],
    eval: () => () => failing,
    subscribe: () => Effect.never,
    reserve: failing,
  })
}

const request = { ...ask({ _tag: "Guest" }), idempotencyKey: "the same" }
const another = () => TurnId.make(randomUUID())

describe("a key", () => {
  it.effect.each([{ fails: [2] }, { fails: [1] }, { fails: [1, 2] }])(
    "stands for one turn though Redis fails command $fails",
    ({ fails }) =>
      Effect.gen(function* () {
        const keys = yield* makeIdempotency
        const first = another()
        assert.strictEqual(yield* keys.claim(request, first), first)
        assert.strictEqual(yield* keys.claim(request, another()), first)
        assert.strictEqual(yield* keys.claim(request, another()), first)
      }).pipe(Effect.provideService(Redis.Redis, stumbling(...fails))),
  )
})
