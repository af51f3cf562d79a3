/** Real Redis, started by the test: skipped where it is not installed (`apt-get install redis-server`). */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Duration, Effect, Exit, Fiber, Layer, Option, Ref, Result, Schema } from "effect"
import { Persistable, Persistence, RateLimiter } from "effect/persistence"
import type { Context7Call } from "../../src/domain/Analysis.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import { Context7RateLimited } from "../../src/context7/Context7Error.ts"
import { makeBudget } from "../../src/context7/Budget.ts"
import { makeGuard } from "../../src/context7/Guard.ts"
import { EvidenceCache } from "../../src/detail/EvidenceCache.ts"
import { answering } from "../context7/answering.ts"
import { freePort, installed, keysAt, startRedis } from "./TestRedis.ts"
import * as SharedState from "../../src/platform/SharedState.ts"

const shared = (url: string) =>
  SharedState.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ REDIS_URL: url }))))

const documented = { title: "t", source: "https://customs.example/a", text: "8517.13" }

/** An instance of the service, as far as it asks Context7. */
const instance = (url: string, asked: { count: number }) => {
  const context7 = answering(() => Effect.sync(() => (asked.count++, [documented])))
  return EvidenceCache.layer.pipe(Layer.provide([context7, shared(url)]))
}

const ask = (product: string) =>
  Effect.gen(function* () {
    const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
    const code = HsCode.make("851713")
    return yield* (yield* EvidenceCache).ask({ product, code, name: "Smartphones", heading: "Telephones" }, calls)
  })

describe.skipIf(!installed)("two instances with one Redis (needs redis-server)", () => {
  it.live("ask Context7 once between them, and no key carries the question", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startRedis
      const asked = { count: 0 }
      yield* ask("secret gadget").pipe(Effect.provide(instance(url, asked)))
      yield* ask("SECRET gadget").pipe(Effect.provide(instance(url, asked)))
      assert.strictEqual(asked.count, 1)
      const keys = yield* keysAt(port)
      assert.include(keys, "context7")
      assert.notMatch(keys, /secret|gadget/i)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("that are asked the same at the same moment make one call", () =>
    Effect.gen(function* () {
      const { url } = yield* startRedis
      const asked = { count: 0 }
      const answered = yield* Deferred.make<void>()
      const slow = answering(() =>
        Effect.suspend(() => (asked.count++, Effect.as(Deferred.await(answered), [documented]))),
      )
      const alone = <A, E>(use: Effect.Effect<A, E, EvidenceCache>) =>
        use.pipe(Effect.provide(Layer.fresh(EvidenceCache.layer.pipe(Layer.provide([slow, shared(url)])))))
      const first = yield* Effect.forkChild(alone(ask("secret gadget")))
      const others = yield* Effect.forkChild(
        Effect.all([alone(ask("Secret gadgets")), alone(ask("secret GADGET"))], { concurrency: "unbounded" }),
      )
      yield* Effect.repeat(Effect.yieldNow, { until: () => asked.count > 0 })
      yield* Deferred.succeed(answered, undefined)
      const answers = [yield* Fiber.join(first), ...(yield* Fiber.join(others))]
      assert.isTrue(answers.every(({ snippets }) => snippets.length === 1))
      assert.strictEqual(asked.count, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("spend one budget between them", () =>
    Effect.gen(function* () {
      const { url } = yield* startRedis
      const spending = (calls: number) =>
        makeBudget("c7", Option.some({ limit: 10, window: Duration.days(30) })).pipe(
          Effect.flatMap(({ spend }) =>
            Effect.all(
              Array.from({ length: calls }, () => Effect.result(spend)),
              { concurrency: "unbounded" },
            ),
          ),
          Effect.map((results) => results.filter(Result.isSuccess).length),
          Effect.provide(shared(url)),
        )
      assert.strictEqual(yield* spending(7), 7)
      assert.strictEqual(yield* spending(7), 3)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("leave a Context7 alone that refused either of them", () =>
    Effect.gen(function* () {
      const { url } = yield* startRedis
      const guarded = <A, E>(use: (guard: Effect.Success<ReturnType<typeof makeGuard>>) => Effect.Effect<A, E>) =>
        makeGuard({ key: "c7", timeout: Duration.seconds(2) }).pipe(
          Effect.flatMap(use),
          Effect.scoped,
          Effect.provide(shared(url)),
        )
      yield* guarded(({ protect }) => Effect.flip(protect(Effect.fail(new Context7RateLimited({ operation: "docs" })))))
      assert.isTrue(Option.isSome(yield* guarded(({ refusal }) => refusal)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("go on by themselves when Redis dies", () =>
    Effect.gen(function* () {
      const { child, url } = yield* startRedis
      const asked = { count: 0 }
      yield* Effect.gen(function* () {
        yield* ask("one")
        yield* child.kill({ killSignal: "SIGKILL" })
        yield* Effect.exit(child.exitCode)
        assert.lengthOf((yield* ask("two")).snippets, 1)
        assert.lengthOf((yield* ask("two")).snippets, 1)
        assert.strictEqual(asked.count, 2)
      }).pipe(Effect.provide(instance(url, asked)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})

it.live("an instance starts without the Redis that it was told of", () =>
  Effect.gen(function* () {
    const asked = { count: 0 }
    const port = yield* freePort
    yield* Effect.gen(function* () {
      yield* ask("one")
      yield* ask("one")
      assert.strictEqual(asked.count, 1)
    }).pipe(Effect.provide(instance(`redis://127.0.0.1:${port}`, asked)))
  }),
)

it.live("an instance of its own keeps what was asked for last, and no more than it may", () =>
  Effect.gen(function* () {
    const backing = yield* (yield* Persistence.Persistence).make({ storeId: "test" })
    const keyOf = (n: number) => new Entry({ n })
    const megabyte = "x".repeat(1_000_000)
    yield* Effect.forEach(
      Array.from({ length: 20 }, (_, n) => n),
      (n) => Effect.andThen(backing.set(keyOf(n), Exit.succeed(megabyte)), backing.get(keyOf(0))),
      { discard: true },
    )
    assert.isUndefined(yield* backing.get(keyOf(1)))
    assert.isDefined(yield* backing.get(keyOf(0)))
    assert.isDefined(yield* backing.get(keyOf(19)))
  }).pipe(
    Effect.scoped,
    Effect.provide(SharedState.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({}))))),
  ),
)

it.live("an instance of its own keeps so many callers' limits and no more", () =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const consume = (n: number) =>
      limiter.consume({ algorithm: "token-bucket", key: `${n}`, limit: 1, window: "1 hour" })
    yield* consume(0)
    assert.strictEqual((yield* Effect.flip(consume(0))).reason._tag, "RateLimitExceeded")
    yield* Effect.forEach(
      Array.from({ length: 50_000 }, (_, n) => n + 1),
      consume,
      { discard: true },
    )
    assert.strictEqual((yield* consume(0)).remaining, 0)
    assert.strictEqual((yield* Effect.flip(consume(50_000))).reason._tag, "RateLimitExceeded")
  }).pipe(
    Effect.provide(SharedState.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({}))))),
  ),
)

class Entry extends Persistable.Class<{ payload: { n: number } }>()("Entry", {
  primaryKey: ({ n }) => String(n),
  success: Schema.String,
}) {}
