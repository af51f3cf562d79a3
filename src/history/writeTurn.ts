/**
 * A turn's two transactions, a statement each: `begin` when it starts (the session and the USER message), `complete` when it
 * ends (the AI message with all analysis, and the session's counters). Each may be repeated; `docs/records.md` says what
 * holds when. A clock that goes back does not take a session back in time.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Option, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import { Context7Analysis, HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import type { FinishReason, TurnStatus } from "../domain/ChatEvent.ts"
import { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import { type SessionId, type TurnId, UserId } from "../domain/Turn.ts"
import { disagreements } from "./agreement.ts"
import { HistoryUnavailable, passes, persistently, reasonOf, unavailable } from "./HistoryError.ts"

export interface NewTurn {
  readonly turnId: TurnId
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly message: string
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

const titleOf = (message: string): string => Array.from(message.replace(/\s+/g, " ")).slice(0, 80).join("")

/** Says that something of the member's was committed. */
type Wrote = (userId: UserId) => Effect.Effect<void>

export const beginWith = (sql: PgClient.PgClient, wrote: Wrote) =>
  Effect.fn("ChatHistory.begin")(function* (turn: NewTurn) {
    const write = sql`
      WITH created AS (
        INSERT INTO chat_sessions (session_uuid, user_id, session_title, message_count)
        VALUES (${turn.sessionId}, ${turn.userId}, ${titleOf(turn.message)}, 1)
        ON CONFLICT (session_uuid) DO NOTHING RETURNING session_uuid
      ), session AS (
        SELECT session_uuid FROM created UNION ALL
        SELECT session_uuid FROM chat_sessions WHERE session_uuid = ${turn.sessionId} AND user_id = ${turn.userId}
      ), stored AS (
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, completed_at)
        SELECT session_uuid, ${turn.turnId}::uuid, 'USER', ${turn.message}, 'completed', now() FROM session
        ON CONFLICT (turn_id, message_type) DO NOTHING RETURNING session_uuid
      ), counted AS (
        UPDATE chat_sessions SET message_count = message_count + 1, updated_at = greatest(updated_at, now())
        WHERE session_uuid IN (SELECT session_uuid FROM stored)
      )
      SELECT EXISTS (SELECT FROM created) AS is_created, EXISTS (SELECT FROM stored) AS is_stored`.pipe(
      Effect.map(([row]) => row as { readonly is_created: boolean; readonly is_stored: boolean }),
    )
    // A session that came into being while the statement ran is seen by the next one.
    const { is_created } = yield* write.pipe(
      Effect.flatMap((begun) => (begun.is_stored ? Effect.succeed(begun) : write)),
      persistently,
      unavailable("begin"),
    )
    yield* wrote(turn.userId)
    return { sessionCreated: is_created }
  })

const Stored = Schema.Struct({ message_id: Schema.BigInt, message_count: Schema.Int, user_id: UserId })

export const completeWith = (sql: PgClient.PgClient, wrote: Wrote) => {
  const stored = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Stored,
    execute: (turnId) => sql`
      SELECT m.message_id, s.message_count, s.user_id FROM chat_messages m JOIN chat_sessions s USING (session_uuid)
      WHERE m.turn_id = ${turnId} AND m.message_type = 'AI'`,
  })
  return Effect.fn("ChatHistory.complete")(function* (turn: FinishedTurn) {
    const withoutAnalysis = (reason: string) =>
      Effect.logError("analysis not stored", { turnId: turn.turnId, reason }).pipe(
        Effect.andThen(insertAnswer(sql, turn)(noAnalysis)),
      )
    const [fault] = disagreements(turn.hscodeAnalysis, turn.bookmark)
    const whole = Effect.flatMap(analysisOf(turn), insertAnswer(sql, turn)).pipe(
      Effect.catchIf(
        (error) => !passes(error),
        (error) => withoutAnalysis(reasonOf(error)),
      ),
    )
    const write = (fault === undefined ? whole : withoutAnalysis(`${fault.path} ${fault.reason}`)).pipe(
      Effect.flatMap((row) => (Option.isSome(row) ? Effect.succeed(row) : stored(turn.turnId))),
    )
    const row = Option.getOrNull(yield* write.pipe(persistently, unavailable("complete")))
    if (row === null) return yield* new HistoryUnavailable({ operation: "complete", retryable: false, reason: orphan })
    yield* wrote(row.user_id)
    return { messageId: row.message_id.toString(), messageCount: row.message_count }
  })
}

const orphan = "the question is not recorded: it was erased, or the session is another member's"

const encoded =
  <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  (value: S["Type"] | null) =>
    value === null ? Effect.succeed(null) : Schema.encodeEffect(schema)(value)

const analysisOf = (turn: FinishedTurn) =>
  Effect.all({
    hscode: encoded(HsCodeAnalysis)(turn.hscodeAnalysis),
    context7: encoded(Context7Analysis)(turn.context7Analysis),
    bookmark: encoded(SseBookmarkData)(turn.bookmark),
    detailTime: Effect.succeed(turn.detailPageProcessingTime),
    metrics: encoded(ParallelTaskMetrics)(turn.metrics),
  })

type Analysis = Effect.Success<ReturnType<typeof analysisOf>>

const noAnalysis: Analysis = { hscode: null, context7: null, bookmark: null, detailTime: null, metrics: null }

/** Beside its question, and only there: whose session it is was settled when that was stored. None when it is stored already. */
const insertAnswer = (sql: PgClient.PgClient, turn: FinishedTurn) => (analysis: Analysis) => {
  const json = (value: unknown) => (value === null ? null : sql.json(value))
  const write = SqlSchema.findOneOption({
    Request: Schema.Void,
    Result: Stored,
    execute: () => sql`
      WITH stored AS (
        INSERT INTO chat_messages (
          session_uuid, turn_id, message_type, content, status, ai_model, completed_at, hscode_analysis, context7_analysis,
          sse_bookmark_data, detail_page_processing_time, parallel_task_metrics)
        SELECT session_uuid, turn_id, 'AI', ${turn.content}::text, ${turn.status}::text, ${turn.model}::text, now(),
          ${json(analysis.hscode)}::jsonb, ${json(analysis.context7)}::jsonb, ${json(analysis.bookmark)}::jsonb,
          ${analysis.detailTime}::int, ${json(analysis.metrics)}::jsonb
        FROM chat_messages WHERE turn_id = ${turn.turnId} AND message_type = 'USER'
        ON CONFLICT (turn_id, message_type) DO UPDATE SET
          content = excluded.content, status = excluded.status, ai_model = excluded.ai_model, saved_at = NULL,
          completed_at = greatest(chat_messages.created_at, excluded.completed_at), hscode_analysis = excluded.hscode_analysis,
          context7_analysis = excluded.context7_analysis, sse_bookmark_data = excluded.sse_bookmark_data,
          detail_page_processing_time = excluded.detail_page_processing_time,
          parallel_task_metrics = excluded.parallel_task_metrics
        WHERE chat_messages.saved_at IS NOT NULL
        RETURNING message_id, session_uuid, (xmax = 0)::int AS added
      )
      UPDATE chat_sessions s SET message_count = s.message_count + added, updated_at = greatest(s.updated_at, now())
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
