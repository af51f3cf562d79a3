/** What a turn's events look like on the wire, and what fills their silences. */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { LoggedEvent } from "../../src/chat/TurnLog.ts"
import { TurnId } from "../../src/domain/Turn.ts"
import { sseResponse } from "../../src/http/sse.ts"

const turnId = TurnId.make("00000000-0000-4000-8000-000000000000")
const event = (sequence: number): LoggedEvent => ({ sequence, name: "main_message_data", data: `{"n":${sequence}}` })
const frame = (sequence: number) => `event: main_message_data\ndata: {"n":${sequence}}\nid: ${turnId}-${sequence}\n\n`
const keepAlive = ": keep-alive\n\n"
/** A request whose connection is never called silent. */
const request = { response: { setTimeout: () => {} } } as never

/** What is written behind the headers, write by write. */
const writesOf = (events: Stream.Stream<LoggedEvent>) =>
  Effect.gen(function* () {
    const { body } = yield* sseResponse(request, { turnId, events })
    if (body._tag !== "Stream") return assert.fail("the answer is no stream")
    const chunks = yield* Stream.runCollect(Stream.orDie(body.stream))
    return chunks.map((chunk) => new TextDecoder().decode(chunk)).filter((text) => text !== "")
  })

it.effect("whole events go out, those that are there together in one write", () =>
  Effect.gen(function* () {
    const events = Stream.concat(Stream.make(event(1), event(2)), Stream.make(event(3)))
    assert.deepStrictEqual(yield* writesOf(events), [frame(1) + frame(2), frame(3)])
  }),
)

it.effect("a comment goes out after each fifteen seconds of silence, and the event that was waited for after it", () =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    const late = Stream.fromEffect(Effect.as(Deferred.await(go), event(2)))
    const writing = yield* Effect.forkChild(writesOf(Stream.concat(Stream.make(event(1)), late)))
    yield* TestClock.adjust("31 seconds")
    yield* Deferred.succeed(go, undefined)
    assert.deepStrictEqual(yield* Fiber.join(writing), [frame(1), keepAlive, keepAlive, frame(2)])
  }),
)

it.effect("what is read is let go when the reader leaves, also in a silence", () =>
  Effect.gen(function* () {
    const left = yield* Deferred.make<void>()
    const events = Stream.concat(Stream.make(event(1)), Stream.never).pipe(
      Stream.ensuring(Deferred.succeed(left, undefined)),
    )
    const writing = yield* Effect.forkChild(writesOf(events))
    yield* TestClock.adjust("1 second")
    yield* Fiber.interrupt(writing)
    yield* Deferred.await(left)
  }),
)
