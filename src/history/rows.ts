/** Rows of sessions and messages as PostgreSQL gives them, and what members read of them. */
import { Effect, Option, Schema } from "effect"
import { HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import { MessageStatus, MessageType, type SessionSummary, type StoredMessage } from "../domain/History.ts"

export const SessionRow = Schema.Struct({
  session_uuid: Schema.String,
  session_title: Schema.NullOr(Schema.String),
  message_count: Schema.Int,
  created_at: Schema.Date,
  updated_at: Schema.Date,
})

/** An analysis that no longer decodes costs itself, not the conversation it belongs to. */
const orNull = <S extends Schema.Constraint>(column: string, schema: S) =>
  Schema.NullOr(schema).pipe(
    Schema.catchDecoding(() =>
      Effect.as(Effect.logWarning("stored analysis not readable", { column }), Option.some(null)),
    ),
  )

export const MessageRow = Schema.Struct({
  message_id: Schema.BigInt,
  turn_id: Schema.String,
  message_type: MessageType,
  content: Schema.String,
  status: MessageStatus,
  ai_model: Schema.NullOr(Schema.String),
  created_at: Schema.Date,
  completed_at: Schema.NullOr(Schema.Date),
  hscode_analysis: orNull("hscode_analysis", HsCodeAnalysis),
  sse_bookmark_data: orNull("sse_bookmark_data", SseBookmarkData),
})

export const summaryOf = (row: typeof SessionRow.Type): SessionSummary => ({
  sessionId: row.session_uuid,
  title: row.session_title,
  messageCount: row.message_count,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

/** A message without its analysis. */
export const wordsOf = (row: Omit<typeof MessageRow.Type, "hscode_analysis" | "sse_bookmark_data">) => ({
  messageId: row.message_id.toString(),
  turnId: row.turn_id,
  messageType: row.message_type,
  content: row.content,
  status: row.status,
  aiModel: row.ai_model,
  createdAt: row.created_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
})

export const messageOf = (row: typeof MessageRow.Type): StoredMessage => ({
  ...wordsOf(row),
  hsCodeAnalysis: row.hscode_analysis,
  sseBookmarkData: row.sse_bookmark_data,
})
