import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { UserId } from "../../src/domain/Turn.ts"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { rooms } from "./rooms.ts"
import { alice, bob, finished, sessionId, turnId } from "./turns.ts"

layer(rooms)("ChatHistory", (it) => {
  it.effect("keeps a turn's question and answer together with its analysis", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const [turn, session] = [turnId(), sessionId()]
      const begun = yield* history.begin({ turnId: turn, userId: alice, sessionId: session, message: "아이폰 HS코드" })
      assert.isTrue(begun.sessionCreated)
      const saved = yield* history.complete(finished(turn, session))
      assert.strictEqual(saved.messageCount, 2)

      const read = yield* reader.session(alice, session)
      assert.deepStrictEqual(
        read.messages.map((m) => [m.messageType, m.content]),
        [
          ["USER", "아이폰 HS코드"],
          ["AI", "8517.13입니다"],
        ],
      )
      assert.strictEqual(read.messages[1]?.messageId, saved.messageId)
      assert.strictEqual(read.messages[1]?.hsCodeAnalysis?.detected_hscode, "8517.13")
      assert.strictEqual(read.messages[1]?.sseBookmarkData?.target_value, "8517.13")
      assert.deepStrictEqual(read.relatedData.extractedHsCodes, ["8517.13"])
    }),
  )

  it.effect("stores nothing twice when a turn is written again", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const [turn, session] = [turnId(), sessionId()]
      const question = { turnId: turn, userId: alice, sessionId: session, message: "커피 원두" }
      yield* history.begin(question)
      assert.isFalse((yield* history.begin(question)).sessionCreated)
      const first = yield* history.complete(finished(turn, session))
      assert.deepStrictEqual(yield* history.complete(finished(turn, session)), first)
      assert.strictEqual((yield* reader.session(alice, session)).messages.length, 2)
    }),
  )

  it.effect("continues a session and counts its messages", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const session = sessionId()
      for (const message of ["first", "second"]) {
        const turn = turnId()
        yield* history.begin({ turnId: turn, userId: bob, sessionId: session, message })
        yield* history.complete(finished(turn, session))
      }
      const page = yield* reader.list(bob, { page: 1, size: 10 })
      assert.deepStrictEqual(
        page.sessions.map((s) => [s.title, s.messageCount]),
        [["first", 4]],
      )
    }),
  )

  it.effect("gives the last answered turns of a session to go on from, to nobody but its owner", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const [dave, session] = [UserId.make("dave"), sessionId()]
      for (const message of ["first", "second", "third", "unanswered"]) {
        const turn = turnId()
        yield* history.begin({ turnId: turn, userId: dave, sessionId: session, message })
        if (message !== "unanswered") yield* history.complete({ ...finished(turn, session), content: `${message}!` })
      }
      assert.deepStrictEqual(yield* history.recentMessages(dave, session, 2), [
        { role: "user", content: "second" },
        { role: "assistant", content: "second!" },
        { role: "user", content: "third" },
        { role: "assistant", content: "third!" },
      ])
      assert.deepStrictEqual(yield* history.recentMessages(bob, session, 2), [])
    }),
  )

  it.effect("shows a session to nobody but its owner", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const [turn, session] = [turnId(), sessionId()]
      yield* history.begin({ turnId: turn, userId: alice, sessionId: session, message: "secret" })
      assert.strictEqual((yield* Effect.flip(reader.session(bob, session)))._tag, "SessionForbidden")
      assert.strictEqual((yield* Effect.flip(history.authorize(bob, session)))._tag, "SessionForbidden")
      assert.strictEqual((yield* Effect.flip(reader.session(bob, sessionId())))._tag, "SessionNotFound")
    }),
  )

  it.effect("writes nothing into somebody else's session", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const session = sessionId()
      yield* history.begin({ turnId: turnId(), userId: alice, sessionId: session, message: "mine" })
      yield* history.begin({ turnId: turnId(), userId: bob, sessionId: session, message: "intruder" })
      assert.deepStrictEqual(
        (yield* reader.session(alice, session)).messages.map((m) => m.content),
        ["mine"],
      )
    }),
  )

  it.effect("postpones what a database in disorder does not take", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const sql = yield* PgClient.PgClient
      yield* sql`ALTER TABLE chat_messages RENAME TO elsewhere`
      const postponed = yield* Effect.flip(
        history.begin({ turnId: turnId(), userId: alice, sessionId: sessionId(), message: "lost?" }),
      ).pipe(Effect.ensuring(Effect.orDie(sql`ALTER TABLE elsewhere RENAME TO chat_messages`)))
      assert.deepInclude(postponed, { _tag: "RecordPostponed", operation: "begin" })
    }),
  )
})
