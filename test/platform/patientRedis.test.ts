import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger } from "effect"
import { Redis } from "effect/persistence"
import { TestClock } from "effect/testing"
import { patientRedis } from "../../src/platform/patientRedis.ts"

/** A Redis that is frozen until it is told to answer. */
const frozen = () => {
  const server = { commands: 0, answers: false }
  const send = () =>
    Effect.suspend(() => ((server.commands += 1), server.answers ? Effect.succeed("PONG" as never) : Effect.never))
  const layer = Layer.effect(
    Redis.Redis,
    Redis.make({ send, connect: Effect.die("not asked for"), subscribe: () => Effect.die("not asked for") } as never),
  )
  return { server, layer: patientRedis("200 millis").pipe(Layer.provide(layer)) }
}

it.effect("a frozen Redis is waited for once, left alone for a moment, tried again, and complained of once", () => {
  const { layer, server } = frozen()
  const logged: Array<unknown> = []
  return Effect.gen(function* () {
    const { send } = yield* Redis.Redis
    const first = yield* Effect.forkChild(Effect.exit(send("PING")))
    yield* TestClock.adjust("199 millis")
    assert.isUndefined(first.pollUnsafe())
    yield* TestClock.adjust("1 millis")
    assert.strictEqual((yield* Fiber.join(first))._tag, "Failure")
    for (let n = 0; n < 100; n++) yield* Effect.flip(send("PING"))
    assert.strictEqual(server.commands, 1)
    yield* TestClock.adjust("1 second")
    server.answers = true
    assert.strictEqual(yield* send("PING"), "PONG")
    assert.lengthOf(logged, 1)
  }).pipe(
    Effect.provide(layer),
    Effect.provide(Logger.layer([Logger.make(({ message }) => void logged.push(message))])),
  )
})
