/**
 * Members' sessions and messages in PostgreSQL. A turn is two transactions: `begin` when it starts (the session and the
 * USER message), `complete` when it ends (the AI message with all analysis, and the session's counters).
 */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Option, Schedule, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { Context7Analysis, HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import type { FinishReason, TurnStatus } from "../domain/ChatEvent.ts"
import type { Said } from "../domain/Grounding.ts"
import type { SessionDetail, SessionPage } from "../domain/History.ts"
import type { Question } from "../domain/Question.ts"
import { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import type { SessionId, TurnId, UserId } from "../domain/Turn.ts"
import { HistoryReader, type SessionFilter } from "./HistoryReader.ts"

/** The database did not answer. `retryable` says whether the same call may succeed later. */
export class HistoryUnavailable extends Schema.TaggedError<HistoryUnavailable>()("HistoryUnavailable", {
  operation: Schema.String,
  retryable: Schema.Boolean,
  /** The database's own message, without values. */
  reason: Schema.String,
}) {}

export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", {
  sessionId: Schema.String,
}) {}

export class SessionForbidden extends Schema.TaggedError<SessionForbidden>()("SessionForbidden", {
  sessionId: Schema.String,
}) {}

export interface NewTurn {
  readonly turnId: TurnId
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly message: string
}

export interface OpenQuestion {
  readonly product: string
  readonly question: Question
}

export interface FinishedTurn {
  readonly turnId: TurnId
  readonly sessionId: SessionId
  readonly content: string
  readonly status: TurnStatus
  readonly model: string
  readonly finishReason: FinishReason
  readonly hscodeAnalysis: HsCodeAnalysis | null
  readonly context7Analysis: Context7Analysis | null
  readonly bookmark: SseBookmarkData | null
  /** Milliseconds. */
  readonly detailPageProcessingTime: number | null
  readonly metrics: ParallelTaskMetrics
}

export class ChatHistory extends Context.Service<
  ChatHistory,
  {
    /** Fails when the database does not answer within a second. */
    readonly ping: Effect.Effect<void, HistoryUnavailable>
    /** Fails unless the session is this member's. */
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
    readonly begin: (turn: NewTurn) => Effect.Effect<{ readonly sessionCreated: boolean }, HistoryUnavailable>
    /** Stores the answer; the same turn again changes nothing and returns what is stored. */
    readonly complete: (
      turn: FinishedTurn,
    ) => Effect.Effect<{ readonly messageId: string; readonly messageCount: number }, HistoryUnavailable>
    /** Erases the member's sessions with their messages; again is no error. */
    readonly eraseMember: (userId: UserId) => Effect.Effect<void, HistoryUnavailable>
    readonly list: (userId: UserId, filter: SessionFilter) => Effect.Effect<SessionPage, HistoryUnavailable>
    readonly session: (
      userId: UserId,
      sessionId: SessionId,
    ) => Effect.Effect<SessionDetail, SessionNotFound | SessionForbidden | HistoryUnavailable>
  }
>()("hs-trade-chat/history/ChatHistory") {
  static readonly layer = Layer.effect(
    ChatHistory,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const reader = yield* HistoryReader
      const authorize = authorizeWith(sql)
      return ChatHistory.of({
        ping: sql`SELECT 1`.pipe(
          unavailable("ping"),
          Effect.timeoutOrElse({
            duration: "1 second",
            orElse: () =>
              Effect.fail(new HistoryUnavailable({ operation: "ping", retryable: true, reason: "no answer" })),
          }),
          Effect.asVoid,
        ),
        authorize,
        openQuestion: openQuestionWith(sql),
        recentMessages: recentMessagesWith(sql),
        begin: beginWith(sql),
        complete: completeWith(sql),
        eraseMember: Effect.fn("ChatHistory.eraseMember")(function* (userId: UserId) {
          yield* sql`DELETE FROM chat_sessions WHERE user_id = ${userId}`.pipe(unavailable("eraseMember"))
        }),
        list: Effect.fn("ChatHistory.list")(function* (userId: UserId, filter: SessionFilter) {
          return yield* reader.list(userId, filter).pipe(unavailable("list"))
        }),
        session: Effect.fn("ChatHistory.session")(function* (userId: UserId, sessionId: SessionId) {
          yield* authorize(userId, sessionId)
          return yield* reader.session(sessionId).pipe(
            unavailable("session"),
            Effect.flatMap(
              Option.match({
                onNone: () => Effect.fail(new SessionNotFound({ sessionId })),
                onSome: Effect.succeed,
              }),
            ),
          )
        }),
      })
    }),
  ).pipe(Layer.provide(HistoryReader.layer))
}

type QueryError = SqlError | Schema.SchemaError

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "unknown"
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}

const unavailable =
  (operation: string) =>
  <A, R>(self: Effect.Effect<A, QueryError, R>) =>
    Effect.mapError(
      self,
      (cause) =>
        new HistoryUnavailable({
          operation,
          retryable: cause._tag === "SqlError" && cause.isRetryable,
          reason: reasonOf(cause),
        }),
    )

/** Serialization failures, deadlocks and lost connections pass; each transaction here can be repeated safely. */
const persistently = <A, R>(self: Effect.Effect<A, QueryError, R>) =>
  Effect.retry(self, {
    while: (error) => error._tag === "SqlError" && error.isRetryable,
    schedule: Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 })),
  })

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

const titleOf = (message: string): string => Array.from(message.replace(/\s+/g, " ")).slice(0, 80).join("")

const beginWith = (sql: PgClient.PgClient) =>
  Effect.fn("ChatHistory.begin")(function* (turn: NewTurn) {
    const write = Effect.gen(function* () {
      const created = yield* sql`
        INSERT INTO chat_sessions ${sql.insert({ session_uuid: turn.sessionId, user_id: turn.userId, session_title: titleOf(turn.message) })}
        ON CONFLICT (session_uuid) DO NOTHING RETURNING 1`
      const stored = yield* sql`
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, completed_at)
        SELECT session_uuid, ${turn.turnId}::uuid, 'USER', ${turn.message}, 'completed', now()
        FROM chat_sessions WHERE session_uuid = ${turn.sessionId} AND user_id = ${turn.userId}
        ON CONFLICT (turn_id, message_type) DO NOTHING RETURNING 1`
      if (stored.length > 0) {
        yield* sql`
          UPDATE chat_sessions SET message_count = message_count + 1, updated_at = now()
          WHERE session_uuid = ${turn.sessionId}`
      }
      return { sessionCreated: created.length > 0 }
    })
    return yield* sql.withTransaction(write).pipe(persistently, unavailable("begin"))
  })

const completeWith = (sql: PgClient.PgClient) => {
  const json =
    <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
    (value: S["Type"] | null) =>
      value === null ? null : sql.json(Schema.encodeSync(schema)(value))
  const Stored = Schema.Struct({ message_id: Schema.BigInt, message_count: Schema.Int })
  const stored = SqlSchema.findOne({
    Request: Schema.String,
    Result: Stored,
    execute: (turnId) => sql`
      SELECT message_id, message_count FROM chat_messages JOIN chat_sessions USING (session_uuid)
      WHERE turn_id = ${turnId} AND message_type = 'AI'`,
  })
  return Effect.fn("ChatHistory.complete")(function* (turn: FinishedTurn) {
    const write = Effect.gen(function* () {
      const inserted = yield* sql`
        INSERT INTO chat_messages (
          session_uuid, turn_id, message_type, content, status, ai_model, completed_at, hscode_analysis, context7_analysis,
          sse_bookmark_data, detail_page_processing_time, parallel_task_metrics)
        VALUES (
          ${turn.sessionId}, ${turn.turnId}, 'AI', ${turn.content}, ${turn.status}, ${turn.model}, now(),
          ${json(HsCodeAnalysis)(turn.hscodeAnalysis)}, ${json(Context7Analysis)(turn.context7Analysis)},
          ${json(SseBookmarkData)(turn.bookmark)}, ${turn.detailPageProcessingTime}, ${json(ParallelTaskMetrics)(turn.metrics)})
        ON CONFLICT (turn_id, message_type) DO NOTHING RETURNING 1`
      if (inserted.length > 0) {
        yield* sql`
          UPDATE chat_sessions SET message_count = message_count + 1, updated_at = now()
          WHERE session_uuid = ${turn.sessionId}`
      }
      const row = yield* stored(turn.turnId)
      return { messageId: row.message_id.toString(), messageCount: row.message_count }
    })
    return yield* sql
      .withTransaction(write)
      .pipe(Effect.catchTag("NoSuchElementError", Effect.die), persistently, unavailable("complete"))
  })
}
