/** Readers that leave, and requests that are cut off: what becomes of the turn. */
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import type { TurnRequest } from "../../src/chat/TurnContext.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import { type Caller, SessionId, type TurnId, UserId } from "../../src/domain/Turn.ts"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { only, wholeTurn } from "./contract.ts"
import {
  ask as asking,
  chatTurn,
  harmonizedSystem,
  historyInMemory,
  modelSaying,
  modelStalling,
  noSchedules,
} from "./TestRooms.ts"

const guest: Caller = { _tag: "Guest" }
const alice: Caller = { _tag: "Member", userId: UserId.make("alice") }
const ask = (more: Partial<TurnRequest> = {}) => asking(guest, more)

const hasEnded = (turnId: TurnId) =>
  Effect.flatMap(ChatTurn, (turns) => Effect.map(turns.resume(turnId, 1_000_000, guest), Option.isNone))

layer(harmonizedSystem)("a turn", (it) => {
  it.effect("that nobody ever reads is stopped like one whose readers left", () =>
    Effect.gen(function* () {
      const { events, turnId } = yield* (yield* ChatTurn).start(ask())
      yield* TestClock.adjust("14 seconds")
      assert.isFalse(yield* hasEnded(turnId))
      yield* TestClock.adjust("1 second")
      const all = wholeTurn((yield* Stream.runCollect(events)).map(({ data }) => data))
      assert.strictEqual(only(all, "stream_end")[0]?.status, "cancelled")
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory()))),
  )

  it.effect("goes on for the whole grace after its last reader left, however often readers came before", () =>
    Effect.gen(function* () {
      const turn = yield* (yield* ChatTurn).start(ask())
      yield* Stream.runDrain(Stream.take(turn.events, 1))
      yield* TestClock.adjust("14 seconds")
      yield* Stream.runDrain(Stream.take(turn.events, 2))
      yield* TestClock.adjust("14 seconds")
      assert.isFalse(yield* hasEnded(turn.turnId))
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* hasEnded(turn.turnId))
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory()))),
  )

  it.effect("begins with the retry when the first request was cut off before it began", () => {
    const sessionId = SessionId.make("00000000-0000-4000-8000-000000000000")
    return Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      let slow = true
      const history = Layer.effect(
        ChatHistory,
        Effect.map(ChatHistory, (kept) => ({
          ...kept,
          authorize: () => (slow ? Effect.andThen(Deferred.succeed(asked, undefined), Effect.never) : Effect.void),
        })),
      ).pipe(Layer.provide(historyInMemory()))
      yield* Effect.gen(function* () {
        const turns = yield* ChatTurn
        const request = ask({ caller: alice, sessionId, idempotencyKey: "k" })
        const first = yield* Effect.forkChild(turns.start(request))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(first)
        slow = false
        const { events } = yield* turns.start(request)
        wholeTurn((yield* Stream.runCollect(events)).map(({ data }) => data))
      }).pipe(Effect.provide(chatTurn(modelSaying("답"), history)))
    })
  })

  it.effect("has an end for its readers although a fault of ours broke it outside its tasks", () =>
    Effect.gen(function* () {
      const broken = Layer.succeed(DetailPages, {
        context7Enabled: false,
        context7State: Effect.succeed("off" as const),
        prepare: () => {
          throw new Error("bug")
        },
      })
      const rooms = ChatTurn.layer.pipe(Layer.provide([broken, modelSaying("답"), historyInMemory(), noSchedules]))
      yield* Effect.gen(function* () {
        const { events } = yield* (yield* ChatTurn).start(ask())
        const names = (yield* Stream.runCollect(events)).map(({ name }) => name)
        assert.deepStrictEqual(names.slice(-2), ["error", "stream_end"])
      }).pipe(Effect.provide(rooms))
    }),
  )
})
