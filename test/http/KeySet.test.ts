import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { makeKeySet } from "../../src/http/KeySet.ts"
import { keyServer, type Signer, signer } from "./KeyServer.ts"

const headerOf = ({ publicJwk }: Signer) => ({ alg: publicJwk.alg!, kid: publicJwk.kid! })

/** A key server with two signers, the first of which it publishes, and a set that has fetched it. */
const scene = Effect.gen(function* () {
  const server = yield* keyServer
  const [old, fresh] = [yield* signer("ES256", "old"), yield* signer("ES256", "fresh")]
  yield* server.publish(old)
  const keys = yield* makeKeySet(server.url)
  yield* keys.find(headerOf(old))
  yield* server.arrival
  return { server, keys, old, fresh }
})

const live = <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.provide(test, FetchHttpClient.layer)

it.effect("all who ask at once wait for one fetch", () =>
  live(
    Effect.gen(function* () {
      const server = yield* keyServer
      const key = yield* signer("EdDSA", "one")
      const keys = yield* makeKeySet(server.url)
      const asking = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => keys.find(headerOf(key))),
          { concurrency: "unbounded" },
        ),
      )
      yield* server.arrival
      yield* server.publish(key)
      assert.lengthOf(yield* Fiber.join(asking), 50)
      assert.strictEqual(yield* server.asked, 1)
    }),
  ),
)

it.effect("a key that is known needs no server, even while the set is being fetched again", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old } = yield* scene
      yield* server.turn("silent")
      yield* TestClock.adjust("10 minutes")
      yield* server.arrival
      assert.strictEqual((yield* keys.find(headerOf(old))).type, "public")
    }),
  ),
)

it.effect("a new key is found half a minute after the last fetch at the latest, an unknown one costs one fetch", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old, fresh } = yield* scene
      yield* server.publish(old, fresh)
      assert.strictEqual((yield* Effect.flip(keys.find(headerOf(fresh))))._tag, "KeyUnknown")
      assert.strictEqual(yield* server.asked, 1)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* keys.find(headerOf(fresh))).type, "public")
      for (const kid of ["forged", "forged too"]) {
        assert.strictEqual((yield* Effect.flip(keys.find({ alg: "ES256", kid })))._tag, "KeyUnknown")
      }
      assert.strictEqual(yield* server.asked, 2)
    }),
  ),
)

it.effect("a token that names no key is good for the only one that fits, and for none of several", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old, fresh } = yield* scene
      assert.strictEqual((yield* keys.find({ alg: "ES256" })).type, "public")
      yield* server.publish(old, fresh)
      yield* TestClock.adjust("30 seconds")
      yield* keys.find(headerOf(fresh))
      assert.strictEqual((yield* Effect.flip(keys.find({ alg: "ES256" })))._tag, "KeyUnknown")
    }),
  ),
)

it.effect("a key that the server has taken back is gone with the next fetch", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old, fresh } = yield* scene
      yield* server.publish(fresh)
      yield* TestClock.adjust("10 minutes")
      yield* server.arrival
      yield* keys.find(headerOf(fresh))
      assert.strictEqual((yield* Effect.flip(keys.find(headerOf(old))))._tag, "KeyUnknown")
    }),
  ),
)

it.effect("a server that says nothing is given up after three seconds, and asked again after five", () =>
  live(
    Effect.gen(function* () {
      const server = yield* keyServer
      const key = yield* signer("ES256", "one")
      const keys = yield* makeKeySet(server.url)
      const asking = yield* Effect.forkChild(Effect.flip(keys.find(headerOf(key))))
      yield* server.arrival
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Fiber.join(asking))._tag, "KeysUnavailable")
      yield* server.givenUp
      assert.strictEqual((yield* Effect.flip(keys.find(headerOf(key))))._tag, "KeysUnavailable")
      assert.strictEqual(yield* server.asked, 1)
      yield* server.publish(key)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* keys.find(headerOf(key))).type, "public")
    }),
  ),
)

it.effect("whoever leaves while waiting does not take the fetch away from the others", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old, fresh } = yield* scene
      yield* server.turn("silent")
      yield* TestClock.adjust("30 seconds")
      const leaving = yield* Effect.forkChild(keys.find(headerOf(fresh)))
      yield* server.arrival
      const staying = yield* Effect.forkChild(keys.find(headerOf(fresh)), { startImmediately: true })
      yield* Fiber.interrupt(leaving)
      yield* server.publish(old, fresh)
      assert.strictEqual((yield* Fiber.join(staying)).type, "public")
      assert.strictEqual(yield* server.asked, 2)
    }),
  ),
)

it.effect.each(["failing", "page", "elsewhere", "silent"] as const)(
  "a server that is %s costs the keys that are known nothing, and one fetch for all the others",
  (trouble) =>
    live(
      Effect.gen(function* () {
        const { server, keys, old, fresh } = yield* scene
        yield* server.turn(trouble)
        yield* TestClock.adjust("30 seconds")
        const asking = yield* Effect.forkChild(Effect.flip(keys.find(headerOf(fresh))))
        yield* server.arrival
        if (trouble === "silent") yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* Fiber.join(asking))._tag, "KeysUnavailable")
        assert.strictEqual((yield* Effect.flip(keys.find(headerOf(fresh))))._tag, "KeysUnavailable")
        assert.strictEqual(yield* server.asked, 2)
        assert.strictEqual((yield* keys.find(headerOf(old))).type, "public")
      }),
    ),
)

it.effect("the last keys serve for a day", () =>
  live(
    Effect.gen(function* () {
      const { server, keys, old } = yield* scene
      yield* server.turn("failing")
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* keys.find(headerOf(old))).type, "public")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Effect.flip(keys.find(headerOf(old))))._tag, "KeysUnavailable")
    }),
  ),
)
