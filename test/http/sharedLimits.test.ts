/** Real Redis, started by the test: skipped where it is not installed (`apt-get install redis-server`). */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { freePort, installed, keysAt, startAt, startRedis } from "../platform/TestRedis.ts"
import { ask, bearer, edge, tokenFor } from "./Edge.ts"

const limits = { RATE_LIMIT_GUEST: "2/1 hour", RATE_LIMIT_MEMBER: "1/1 hour" }

const instance = (url: string, own: Record<string, string> = limits) =>
  edge({ ...own, REDIS_URL: url }).pipe(Layer.provide(harmonizedSystem))

const statuses = (url: string, ...callers: ReadonlyArray<Record<string, string>>) =>
  Effect.forEach(callers, (caller) => Effect.map(ask(caller), ({ status }) => status)).pipe(
    Effect.provide(instance(url)),
  )

describe.skipIf(!installed)("instances with one Redis (needs redis-server)", () => {
  it.live("count together, and no key tells who asked or from where", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startRedis
      const alice = bearer(yield* tokenFor("alice").pipe(Effect.provide(instance(url))))
      assert.deepStrictEqual(yield* statuses(url, {}, alice), [200, 200])
      assert.deepStrictEqual(yield* statuses(url, {}, {}, alice), [200, 429, 429])
      const keys = yield* keysAt(port)
      assert.include(keys, "limit:")
      assert.notMatch(keys, /alice|127\.0\.0\.1|::/)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("count together as soon as a Redis is there that was not at the start", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const url = `redis://127.0.0.1:${port}`
      yield* Effect.gen(function* () {
        yield* ask()
        yield* startAt(port)
        const counted = Effect.andThen(ask(), keysAt(port))
        yield* Effect.repeat(counted, {
          until: (keys) => keys.includes("limit:"),
          schedule: Schedule.spaced("50 millis"),
        })
      }).pipe(Effect.provide(instance(url, { RATE_LIMIT_GUEST: "1000/1 hour" })))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live.each(["SIGKILL", "SIGSTOP"] as const)("count each by itself after Redis had a %s", (killSignal) =>
    Effect.gen(function* () {
      const { child, url } = yield* startRedis
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* ask()).headers.get("ratelimit")?.slice(0, 11), '"guest";r=1')
        process.kill(Number(child.pid), killSignal)
        if (killSignal === "SIGKILL") yield* Effect.exit(child.exitCode)
        const answers = [yield* ask(), yield* ask(), yield* ask()]
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          [200, 200, 429],
        )
        if (killSignal === "SIGSTOP") yield* child.kill({ killSignal: "SIGKILL" })
      }).pipe(Effect.provide(instance(url)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
