/** Task C's side of the history: what a turn writes, and what it reads of the turns before it. */
import { PgClient } from "@effect/sql-pg"
import { Context, type Duration, Effect, Layer, Option, Schema } from "effect"
import { isTimeoutError } from "effect/Cause"
import { SqlSchema } from "effect/sql"
import { HsCodeAnalysis } from "../domain/Analysis.ts"
import type { Said } from "../domain/Grounding.ts"
import type { Question } from "../domain/Question.ts"
import type { SessionId, TurnId, UserId } from "../domain/Turn.ts"
import { HistoryUnavailable, RecordPostponed, SessionForbidden, SessionNotFound, unavailable } from "./HistoryError.ts"
import { Journal } from "./Journal.ts"
import { ReadDatabase } from "./ReadDatabase.ts"
import { waitAtMost } from "./waitAtMost.ts"
import { type FinishedTurn, type NewTurn, turnRecorder } from "./recordTurn.ts"
import { saveWith } from "./writeTurn.ts"

export type { FinishedTurn, NewTurn }
export { HistoryUnavailable, RecordPostponed, SessionForbidden, SessionNotFound }

export interface OpenQuestion {
  readonly product: string
  readonly question: Question
}

export class ChatHistory extends Context.Service<
  ChatHistory,
  {
    /** Whether the database answers within a second. */
    readonly answers: Effect.Effect<boolean>
    /** Fails unless the session is this member's; this and what else a turn reads fail after 300 ms. */
    readonly authorize: (
      userId: UserId,
      sessionId: SessionId,
    ) => Effect.Effect<void, SessionNotFound | SessionForbidden | HistoryUnavailable>
    /** The question that the session's last answer asked back, with the product it was about. */
    readonly openQuestion: (sessionId: SessionId) => Effect.Effect<Option.Option<OpenQuestion>, HistoryUnavailable>
    /** Questions and answers of the last answered turns of this member's session, oldest first. */
    readonly recentMessages: (
      userId: UserId,
      sessionId: SessionId,
      turns: number,
    ) => Effect.Effect<ReadonlyArray<Said>, HistoryUnavailable>
    /** Stores the question; the same turn again changes nothing. */
    readonly begin: (
      turn: NewTurn,
    ) => Effect.Effect<{ readonly sessionCreated: boolean }, HistoryUnavailable | RecordPostponed>
    /** Keeps the answer as far as it is written, with status `streaming`; nothing once it is stored. */
    readonly save: (turnId: TurnId, content: string) => Effect.Effect<void, HistoryUnavailable>
    /** Stores the answer; the same turn again changes nothing and returns what is stored. */
    readonly complete: (
      turn: FinishedTurn,
    ) => Effect.Effect<
      { readonly messageId: string; readonly messageCount: number },
      HistoryUnavailable | RecordPostponed
    >
  }
>()("hs-trade-chat/history/ChatHistory") {
  static readonly layer = Layer.effect(
    ChatHistory,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { wrote } = yield* ReadDatabase
      const scope = yield* Effect.scope
      const within =
        (limit: Duration.Input, operation: string) =>
        <A, E, R>(work: Effect.Effect<A, E, R>) =>
          Effect.catchIf(
            waitAtMost(limit, scope)(work),
            isTimeoutError,
            () => new HistoryUnavailable({ operation, retryable: true, reason: "no answer" }),
          )
      const [authorize, openQuestion, recentMessages] = [
        authorizeWith(sql),
        openQuestionWith(sql),
        recentMessagesWith(sql),
      ]
      return ChatHistory.of({
        answers: Effect.isSuccess(within("1 second", "answers")(sql`SELECT 1`)),
        authorize: (...asked) => authorize(...asked).pipe(within(patience, "authorize")),
        openQuestion: (...asked) => openQuestion(...asked).pipe(within(patience, "openQuestion")),
        recentMessages: (...asked) => recentMessages(...asked).pipe(within(patience, "recentMessages")),
        ...(yield* turnRecorder(sql, wrote, yield* Journal)),
        save: saveWith(sql),
      })
    }),
  )
}

/** How long a turn waits for what it reads of the turns before it. */
const patience = "300 millis"

const authorizeWith = (sql: PgClient.PgClient) => {
  const ownerOf = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Schema.Struct({ user_id: Schema.String }),
    execute: (id) => sql`SELECT user_id FROM chat_sessions WHERE session_uuid = ${id}`,
  })
  return Effect.fn("ChatHistory.authorize")(function* (userId: UserId, sessionId: SessionId) {
    const owner = yield* ownerOf(sessionId).pipe(unavailable("authorize"))
    if (Option.isNone(owner)) return yield* new SessionNotFound({ sessionId })
    if (owner.value.user_id !== userId) return yield* new SessionForbidden({ sessionId })
  })
}

const openQuestionWith = (sql: PgClient.PgClient) => {
  const last = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Schema.Struct({ hscode_analysis: Schema.NullOr(HsCodeAnalysis) }),
    execute: (id) => sql`
      SELECT hscode_analysis FROM chat_messages
      WHERE session_uuid = ${id} AND message_type = 'AI' ORDER BY message_id DESC LIMIT 1`,
  })
  return Effect.fn("ChatHistory.openQuestion")(function* (sessionId: SessionId) {
    const found = Option.getOrNull(yield* last(sessionId).pipe(unavailable("openQuestion")))?.hscode_analysis
    return found?.question && found.product_name !== null
      ? Option.some({ product: found.product_name, question: found.question })
      : Option.none()
  })
}

const recentMessagesWith = (sql: PgClient.PgClient) => {
  const answered = SqlSchema.findAll({
    Request: Schema.Struct({ userId: Schema.String, sessionId: Schema.String, turns: Schema.Int }),
    Result: Schema.Struct({ question: Schema.String, answer: Schema.String }),
    execute: ({ userId, sessionId, turns }) => sql`
      SELECT asked.content AS question, said.content AS answer
      FROM chat_sessions s
      JOIN chat_messages said ON said.session_uuid = s.session_uuid AND said.message_type = 'AI' AND said.content <> ''
      JOIN chat_messages asked ON asked.turn_id = said.turn_id AND asked.message_type = 'USER'
      WHERE s.session_uuid = ${sessionId} AND s.user_id = ${userId}
      ORDER BY said.message_id DESC LIMIT ${turns}`,
  })
  return Effect.fn("ChatHistory.recentMessages")(function* (userId: UserId, sessionId: SessionId, turns: number) {
    const rows = yield* answered({ userId, sessionId, turns }).pipe(unavailable("recentMessages"))
    return rows.toReversed().flatMap(({ question, answer }): ReadonlyArray<Said> => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ])
  })
}
