/**
 * All sessions and messages of a member, a batch at a time: neither this process nor a connection holds more than that,
 * however much there is and however slowly it is read.
 */
import type { PgClient } from "@effect/sql-pg"
import { type Effect, Schema, Stream } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { ExportLine } from "../domain/History.ts"
import type { UserId } from "../domain/Turn.ts"
import { batches } from "./batches.ts"
import { MessageRow, SessionRow, summaryOf, wordsOf } from "./rows.ts"

const sessionsAtOnce = 500
/** An analysis may be some ten kilobytes. */
const messagesAtOnce = 100

const Json = Schema.NullOr(Schema.Json)

const WholeRow = Schema.Struct({
  ...MessageRow.fields,
  session_uuid: Schema.String,
  hscode_analysis: Json,
  context7_analysis: Json,
  sse_bookmark_data: Json,
  detail_page_processing_time: Schema.NullOr(Schema.Int),
  parallel_task_metrics: Json,
})

type Read = (
  query: (sql: PgClient.PgClient) => Effect.Effect<ReadonlyArray<unknown>, SqlError>,
) => Effect.Effect<ReadonlyArray<unknown>, SqlError>

export const exportRecords = (read: Read, userId: UserId) => {
  const sessions = batches(
    sessionsAtOnce,
    "00000000-0000-0000-0000-000000000000",
    SessionRow,
    "session_uuid",
    (after) =>
      read(
        (sql) => sql`
    SELECT session_uuid, session_title, message_count, created_at, updated_at FROM chat_sessions
    WHERE user_id = ${userId} AND session_uuid > ${after} ORDER BY session_uuid LIMIT ${sessionsAtOnce}`,
      ),
  )
  const messages = batches(messagesAtOnce, 0n, WholeRow, "message_id", (after) =>
    read(
      (sql) => sql`
    SELECT session_uuid, message_id, turn_id, message_type, content, status, ai_model, created_at, completed_at,
      hscode_analysis, context7_analysis, sse_bookmark_data, detail_page_processing_time, parallel_task_metrics
    FROM chat_messages WHERE user_id = ${userId} AND message_id > ${after} ORDER BY message_id LIMIT ${messagesAtOnce}`,
    ),
  )
  return Stream.concat(Stream.map(sessions, sessionLine), Stream.map(messages, messageLine))
}

const sessionLine = (row: typeof SessionRow.Type): ExportLine => ({ type: "session", ...summaryOf(row) })

const messageLine = (row: typeof WholeRow.Type): ExportLine => ({
  type: "message",
  sessionId: row.session_uuid,
  ...wordsOf(row),
  hscodeAnalysis: row.hscode_analysis,
  context7Analysis: row.context7_analysis,
  sseBookmarkData: row.sse_bookmark_data,
  detailPageProcessingTime: row.detail_page_processing_time,
  parallelTaskMetrics: row.parallel_task_metrics,
})
