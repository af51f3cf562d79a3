/** Turns of members who had their conversations erased. */
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import { type Caller, type SessionId, type TurnId, UserId } from "../../src/domain/Turn.ts"
import { only, wholeTurn } from "./contract.ts"
import { ask, chatTurn, harmonizedSystem, historyInMemory, modelSaying, modelStalling } from "./TestRooms.ts"

const [alice, bob] = [UserId.make("alice"), UserId.make("bob")]
const member = (userId: UserId): Caller => ({ _tag: "Member", userId })

/** A turn of the member's in a new session, read to its end. */
const turnOf = (userId: UserId) =>
  Effect.gen(function* () {
    const { events, turnId } = yield* (yield* ChatTurn).start(ask(member(userId)))
    const said = wholeTurn((yield* Stream.runCollect(events)).map(({ data }) => data))
    return { turnId, session: only(said, "initial_metadata")[0]?.sessionId as SessionId }
  })

const isThere = (userId: UserId, turnId: TurnId) =>
  Effect.flatMap(ChatTurn, (turns) =>
    turns.resume(turnId, 0, member(userId)).pipe(
      Effect.as(true),
      Effect.catchTag("TurnGone", () => Effect.succeed(false)),
    ),
  )

layer(harmonizedSystem)("what was erased", (it) => {
  it.effect("cannot be read again: a session's turns, or all of a member's, and nobody else's", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const [first, second, bobs] = [yield* turnOf(alice), yield* turnOf(alice), yield* turnOf(bob)]
      const there = () =>
        Effect.all([isThere(alice, first.turnId), isThere(alice, second.turnId), isThere(bob, bobs.turnId)])
      yield* turns.forget(bob, first.session)
      assert.deepStrictEqual(yield* there(), [true, true, true])
      yield* turns.forget(alice, first.session)
      assert.deepStrictEqual(yield* there(), [false, true, true])
      yield* turns.forget(alice, null)
      assert.deepStrictEqual(yield* there(), [false, false, true])
    }).pipe(Effect.provide(chatTurn(modelSaying("answer"), historyInMemory()))),
  )

  it.effect("is not said any further: a turn that runs is stopped, and who reads it hears its end", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const { events, turnId } = yield* turns.start(ask(member(alice)))
      const isAnswering = Stream.tap(events, ({ name }) =>
        name === "main_message_data" ? turns.forget(alice, null) : Effect.void,
      )
      const read = yield* Stream.runCollect(isAnswering)
      assert.strictEqual(only(wholeTurn(read.map(({ data }) => data)), "stream_end")[0]?.status, "cancelled")
      assert.isFalse(yield* isThere(alice, turnId))
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory()))),
  )
})
