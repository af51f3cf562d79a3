import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"
import { SessionId, TurnId, UserId } from "../../src/domain/Turn.ts"
import { ChatHistory, type FinishedTurn } from "../../src/history/ChatHistory.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const turnId = () => TurnId.make(randomUUID())
const sessionId = () => SessionId.make(randomUUID())
const alice = UserId.make("alice")
const bob = UserId.make("bob")

const timing = { start_time: null, end_time: null, duration_ms: 3, status: "completed" as const }
const finished = (turn: TurnId, session: SessionId): FinishedTurn => ({
  turnId: turn,
  sessionId: session,
  content: "8517.13입니다",
  status: "completed",
  model: "grounded",
  finishReason: "stop",
  hscodeAnalysis: {
    detected_hscode: "8517.13",
    product_name: "아이폰 15 프로",
    classification_confidence: 0.93,
    candidates: [{ code: "8517.13", confidence: 0.93, description: "스마트폰", source: "lexicon" }],
    intent_detection: { primary_intent: "HS_CODE_ANALYSIS", secondary_intents: [], intent_confidence: 0.9 },
    detail_buttons: [],
    processing_metadata: {
      analysis_timestamp: "2026-11-24T00:00:00.000Z",
      processing_time_ms: 4,
      analysis_version: "1",
    },
  },
  context7Analysis: null,
  bookmark: {
    bookmark_available: true,
    bookmark_type: "HS_CODE",
    target_value: "8517.13",
    display_name: "아이폰 15 프로",
    confidence: 0.93,
  },
  detailPageProcessingTime: 12,
  metrics: {
    task_execution: {
      task_a: { ...timing, name: "ai_response_generation", pieces: 2, characters: 40 },
      task_b: { ...timing, name: "detail_page_preparation", buttons: 3, context7_calls: 0 },
      task_c: { ...timing, name: "chat_history_saving", messages_saved: 2 },
    },
    performance_analysis: {
      total_wall_clock_time: 4,
      parallel_efficiency: 0.75,
      orchestration_overhead_ms: 1,
      bottleneck_task: "ai_response_generation",
      first_token_ms: 1,
      first_button_ms: 1,
    },
  },
})

layer(ChatHistory.layer.pipe(Layer.provideMerge(migratedDatabase)))("ChatHistory", (it) => {
  it.effect("keeps a turn's question and answer together with its analysis", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const [turn, session] = [turnId(), sessionId()]
      const begun = yield* history.begin({ turnId: turn, userId: alice, sessionId: session, message: "아이폰 HS코드" })
      assert.isTrue(begun.sessionCreated)
      const saved = yield* history.complete(finished(turn, session))
      assert.strictEqual(saved.messageCount, 2)

      const read = yield* history.session(alice, session)
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
      const [turn, session] = [turnId(), sessionId()]
      const question = { turnId: turn, userId: alice, sessionId: session, message: "커피 원두" }
      yield* history.begin(question)
      assert.isFalse((yield* history.begin(question)).sessionCreated)
      const first = yield* history.complete(finished(turn, session))
      assert.deepStrictEqual(yield* history.complete(finished(turn, session)), first)
      assert.strictEqual((yield* history.session(alice, session)).messages.length, 2)
    }),
  )

  it.effect("continues a session and counts its messages", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const session = sessionId()
      for (const message of ["first", "second"]) {
        const turn = turnId()
        yield* history.begin({ turnId: turn, userId: bob, sessionId: session, message })
        yield* history.complete(finished(turn, session))
      }
      const page = yield* history.list(bob, { page: 1, size: 10 })
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
      const [turn, session] = [turnId(), sessionId()]
      yield* history.begin({ turnId: turn, userId: alice, sessionId: session, message: "secret" })
      assert.strictEqual((yield* Effect.flip(history.session(bob, session)))._tag, "SessionForbidden")
      assert.strictEqual((yield* Effect.flip(history.authorize(bob, session)))._tag, "SessionForbidden")
      assert.strictEqual((yield* Effect.flip(history.session(bob, sessionId())))._tag, "SessionNotFound")
    }),
  )

  it.effect("writes nothing into somebody else's session", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const session = sessionId()
      yield* history.begin({ turnId: turnId(), userId: alice, sessionId: session, message: "mine" })
      yield* history.begin({ turnId: turnId(), userId: bob, sessionId: session, message: "intruder" })
      assert.deepStrictEqual(
        (yield* history.session(alice, session)).messages.map((m) => m.content),
        ["mine"],
      )
    }),
  )

  it.effect("pages, newest first, and finds a keyword in any message", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const carol = UserId.make("carol")
      for (const message of ["가죽 지갑", "100%_순면 티셔츠", "커피"]) {
        yield* history.begin({ turnId: turnId(), userId: carol, sessionId: sessionId(), message })
      }
      const first = yield* history.list(carol, { page: 1, size: 2 })
      assert.deepStrictEqual(
        first.sessions.map((s) => s.title),
        ["커피", "100%_순면 티셔츠"],
      )
      assert.deepInclude(first.pagination, { totalElements: 3, totalPages: 2, hasNext: true, hasPrevious: false })
      assert.deepStrictEqual(
        (yield* history.list(carol, { page: 1, size: 9, keyword: "%_순" })).sessions.map((s) => s.title),
        ["100%_순면 티셔츠"],
      )
      const none = yield* history.list(carol, { page: 1, size: 9, endDate: "2000-01-01" })
      assert.deepStrictEqual([none.sessions.length, none.pagination.totalPages], [0, 0])
      assert.strictEqual((yield* history.list(carol, { page: 1, size: 9, startDate: "2000-01-01" })).sessions.length, 3)
    }),
  )

  it.effect("says that the database is unavailable instead of dying", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const sql = yield* PgClient.PgClient
      yield* sql`ALTER TABLE chat_messages RENAME TO elsewhere`
      const failed = yield* Effect.flip(
        history.begin({ turnId: turnId(), userId: alice, sessionId: sessionId(), message: "lost?" }),
      ).pipe(Effect.ensuring(Effect.orDie(sql`ALTER TABLE elsewhere RENAME TO chat_messages`)))
      assert.deepInclude(failed, { _tag: "HistoryUnavailable", operation: "begin", retryable: false })
    }),
  )
})
