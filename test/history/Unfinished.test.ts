/** Answers that were being written when their instance was lost. */
import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schedule } from "effect"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import * as Unfinished from "../../src/history/Unfinished.ts"
import { rooms } from "./rooms.ts"
import { alice, finished, sessionId, turnId } from "./turns.ts"

const begun = Effect.gen(function* () {
  const history = yield* ChatHistory
  const [turn, session] = [turnId(), sessionId()]
  yield* history.begin({ turnId: turn, sessionId: session, userId: alice, message: "question" })
  return { history, turn, session }
})

const read = (session: ReturnType<typeof sessionId>) =>
  Effect.flatMap(HistoryReader, (reader) => reader.session(alice, session)).pipe(
    Effect.map(({ messages }) => messages.map(({ content, status }) => [content, status])),
  )

layer(rooms, { excludeTestServices: true })("an answer that is being written", (it) => {
  it.effect("is there as far as it was saved, and counts as one message when it is complete", () =>
    Effect.gen(function* () {
      const { history, session, turn } = yield* begun
      yield* history.save(turn, "half")
      yield* history.save(turn, "half of it")
      assert.deepStrictEqual((yield* read(session))[1], ["half of it", "streaming"])
      const { messageCount } = yield* history.complete(finished(turn, session))
      assert.strictEqual(messageCount, 2)
      yield* history.save(turn, "too late")
      assert.deepStrictEqual((yield* read(session))[1], ["8517.13입니다", "completed"])
    }),
  )

  it.effect("is stored although the clock went back since its first words were", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { history, session, turn } = yield* begun
      yield* history.save(turn, "half")
      yield* sql`
        UPDATE chat_messages SET created_at = now() + interval '1 hour' WHERE turn_id = ${turn} AND message_type = 'AI'`
      yield* sql`UPDATE chat_sessions SET updated_at = now() + interval '1 hour' WHERE session_uuid = ${session}`
      yield* history.complete(finished(turn, session))
      assert.deepStrictEqual((yield* read(session))[1], ["8517.13입니다", "completed"])
    }),
  )

  it.effect(
    "is closed as partial when nobody has saved it for a while, and its own instance may still have the last word",
    () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const [lost, alive] = [yield* begun, yield* begun]
        yield* lost.history.save(lost.turn, "what was said")
        yield* alive.history.save(alive.turn, "still going on")
        yield* sql`UPDATE chat_messages SET saved_at = now() - interval '31 seconds' WHERE turn_id = ${lost.turn} AND message_type = 'AI'`
        yield* Effect.gen(function* () {
          const closed = yield* read(lost.session).pipe(
            Effect.repeat({
              until: (messages) => messages[1]?.[1] !== "streaming",
              schedule: Schedule.spaced("20 millis"),
            }),
          )
          assert.deepStrictEqual(closed[1], ["what was said", "partial"])
          assert.deepStrictEqual((yield* read(alive.session))[1], ["still going on", "streaming"])
        }).pipe(Effect.provide(Layer.fresh(Unfinished.layer)))
        const { messageCount } = yield* lost.history.complete(finished(lost.turn, lost.session))
        assert.strictEqual(messageCount, 2)
        assert.deepStrictEqual((yield* read(lost.session))[1], ["8517.13입니다", "completed"])
      }),
  )
})
