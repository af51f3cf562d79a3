/**
 * A turn's two transactions, a statement each: the question when it starts (the session and the USER message), the answer
 * when it ends (the AI message with all analysis, and the session's counters). Each may be repeated; `docs/records.md` says
 * what holds when. A clock that goes back does not take a session back in time.
 */
import type { PgClient } from "@effect/sql-pg"
import { DateTime, Effect, Option, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import { type SessionId, type TurnId, UserId } from "../domain/Turn.ts"
import { everythingOf, sessionOf } from "./erasures.ts"
import { passes, type QueryError, reasonOf, unavailable } from "./HistoryError.ts"
import type { Analysis, Answer, Question } from "./journalRecord.ts"

/** When it happened; null for now, by the database's clock. */
type At = DateTime.Utc | null

export interface StoredAnswer {
  readonly messageId: string
  readonly messageCount: number
}

export interface TurnWriter {
  readonly question: (
    turn: Omit<Question, "at">,
    at: At,
  ) => Effect.Effect<{ readonly sessionCreated: boolean }, QueryError>
  /** None beside no question: it was erased, or the session is another member's. */
  readonly answer: (turn: Omit<Answer, "at">, at: At) => Effect.Effect<Option.Option<StoredAnswer>, QueryError>
}

/** `wrote` hears whenever something of a member's was committed. */
export const turnWriter = (sql: PgClient.PgClient, wrote: (userId: UserId) => Effect.Effect<void>): TurnWriter => ({
  question: Effect.fnUntraced(function* (turn, at) {
    const write = insertQuestion(sql, turn, dateOf(at))
    // A session that came into being while the statement ran is seen by the next one.
    const { is_created } = yield* Effect.flatMap(write, (begun) => (begun.is_stored ? Effect.succeed(begun) : write))
    yield* wrote(turn.userId)
    return { sessionCreated: is_created }
  }),
  answer: Effect.fnUntraced(function* (turn, at) {
    const insert = insertAnswer(sql, turn, dateOf(at))
    const written = yield* insert(turn.analysis).pipe(
      Effect.catchIf(
        (error) => !passes(error),
        (error) => Effect.andThen(logNotStored(turn.turnId, reasonOf(error)), insert(noAnalysis)),
      ),
    )
    const row = Option.isSome(written) ? written : yield* storedAnswer(sql, turn.turnId)
    if (Option.isSome(row)) yield* wrote(row.value.user_id)
    return Option.map(row, ({ message_count, message_id }) => ({
      messageId: message_id.toString(),
      messageCount: message_count,
    }))
  }),
})

export const noAnalysis: Analysis = { hscode: null, context7: null, bookmark: null, detailTime: null, metrics: null }

export const logNotStored = (turnId: TurnId, reason: string) =>
  Effect.logError("analysis not stored", { turnId, reason })

const dateOf = (at: At): Date | null => at && DateTime.toDateUtc(at)

const titleOf = (message: string): string => Array.from(message.replace(/\s+/g, " ")).slice(0, 80).join("")

interface Begun {
  readonly turnId: TurnId
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly message: string
}

const insertQuestion = (sql: PgClient.PgClient, turn: Begun, at: Date | null) =>
  sql`
    WITH created AS (
      INSERT INTO chat_sessions (session_uuid, user_id, session_title, message_count, created_at, updated_at)
      SELECT ${turn.sessionId}::uuid, ${turn.userId}::text, ${titleOf(turn.message)}::text, 1, at, at
      FROM (SELECT coalesce(${at}::timestamptz, now()) AS at) AS happened
      WHERE ${at}::timestamptz IS NULL OR NOT EXISTS (
        SELECT FROM erasures WHERE erased_at >= ${at}::timestamptz
          AND what IN (${everythingOf(turn.userId)}, ${sessionOf(turn.userId, turn.sessionId)}))
      ON CONFLICT (session_uuid) DO NOTHING RETURNING session_uuid
    ), session AS (
      SELECT session_uuid FROM created UNION ALL
      SELECT session_uuid FROM chat_sessions WHERE session_uuid = ${turn.sessionId} AND user_id = ${turn.userId}
    ), stored AS (
      INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, created_at, completed_at)
      SELECT session_uuid, ${turn.turnId}::uuid, 'USER', ${turn.message}, 'completed', at, at
      FROM session, (SELECT coalesce(${at}::timestamptz, now()) AS at) AS happened
      ON CONFLICT (turn_id, message_type) DO NOTHING RETURNING session_uuid, created_at
    ), counted AS (
      UPDATE chat_sessions s SET message_count = message_count + 1, updated_at = greatest(updated_at, stored.created_at)
      FROM stored WHERE s.session_uuid = stored.session_uuid
    )
    SELECT EXISTS (SELECT FROM created) AS is_created, EXISTS (SELECT FROM stored) AS is_stored`.pipe(
    Effect.map(([row]) => row as { readonly is_created: boolean; readonly is_stored: boolean }),
  )

const Stored = Schema.Struct({ message_id: Schema.BigInt, message_count: Schema.Int, user_id: UserId })

const storedAnswer = (sql: PgClient.PgClient, turnId: TurnId) =>
  SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Stored,
    execute: (id) => sql`
      SELECT m.message_id, s.message_count, s.user_id FROM chat_messages m JOIN chat_sessions s USING (session_uuid)
      WHERE m.turn_id = ${id} AND m.message_type = 'AI'`,
  })(turnId)

/** Beside its question, and only there: whose session it is was settled when that was stored. None when it is stored already. */
const insertAnswer = (sql: PgClient.PgClient, turn: Omit<Answer, "at">, at: Date | null) => (analysis: Analysis) => {
  const json = (value: unknown) => (value === null ? null : sql.json(value))
  const write = SqlSchema.findOneOption({
    Request: Schema.Void,
    Result: Stored,
    execute: () => sql`
      WITH asked AS (
        SELECT session_uuid, turn_id, greatest(created_at, coalesce(${at}::timestamptz, now())) AS at
        FROM chat_messages WHERE turn_id = ${turn.turnId} AND message_type = 'USER'
      ), stored AS (
        INSERT INTO chat_messages (
          session_uuid, turn_id, message_type, content, status, ai_model, created_at, completed_at, hscode_analysis,
          context7_analysis, sse_bookmark_data, detail_page_processing_time, parallel_task_metrics)
        SELECT session_uuid, turn_id, 'AI', ${turn.content}::text, ${turn.status}::text, ${turn.model}::text, at, at,
          ${json(analysis.hscode)}::jsonb, ${json(analysis.context7)}::jsonb, ${json(analysis.bookmark)}::jsonb,
          ${analysis.detailTime}::int, ${json(analysis.metrics)}::jsonb
        FROM asked
        ON CONFLICT (turn_id, message_type) DO UPDATE SET
          content = excluded.content, status = excluded.status, ai_model = excluded.ai_model, saved_at = NULL,
          completed_at = greatest(chat_messages.created_at, excluded.completed_at),
          hscode_analysis = excluded.hscode_analysis,
          context7_analysis = excluded.context7_analysis, sse_bookmark_data = excluded.sse_bookmark_data,
          detail_page_processing_time = excluded.detail_page_processing_time,
          parallel_task_metrics = excluded.parallel_task_metrics
        WHERE chat_messages.saved_at IS NOT NULL
        RETURNING message_id, session_uuid, completed_at, (xmax = 0)::int AS added
      )
      UPDATE chat_sessions s SET message_count = s.message_count + added, updated_at = greatest(s.updated_at, completed_at)
      FROM stored WHERE s.session_uuid = stored.session_uuid RETURNING stored.message_id, s.message_count, s.user_id`,
  })
  return write(undefined)
}

/** The answer as far as it is written; changes nothing once it is complete. Its row counts as one more message once. */
export const saveWith = (sql: PgClient.PgClient) =>
  Effect.fn("ChatHistory.save")(function* (turnId: TurnId, content: string) {
    const write = sql`
      WITH stored AS (
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, saved_at)
        SELECT session_uuid, turn_id, 'AI', ${content}::text, 'streaming', now()
        FROM chat_messages WHERE turn_id = ${turnId} AND message_type = 'USER'
        ON CONFLICT (turn_id, message_type) DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at
        WHERE chat_messages.status = 'streaming'
        RETURNING session_uuid, xmax = 0 AS is_new
      )
      UPDATE chat_sessions SET message_count = message_count + 1, updated_at = greatest(updated_at, now())
      WHERE session_uuid IN (SELECT session_uuid FROM stored WHERE is_new)`
    yield* write.pipe(Effect.asVoid, unavailable("save"))
  })
