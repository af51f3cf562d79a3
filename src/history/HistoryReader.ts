/** The queries behind the history pages. */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import {
  MessageStatus,
  MessageType,
  type SessionDetail,
  type SessionPage,
  type SessionSummary,
  type StoredMessage,
} from "../domain/History.ts"
import type { SessionId, UserId } from "../domain/Turn.ts"

export interface SessionFilter {
  /** From 1. */
  readonly page: number
  readonly size: number
  /** ISO dates, both included. */
  readonly startDate?: string | undefined
  readonly endDate?: string | undefined
  /** Part of the title or of any message. */
  readonly keyword?: string | undefined
}

type QueryError = SqlError | Schema.SchemaError

const SessionRow = Schema.Struct({
  session_uuid: Schema.String,
  session_title: Schema.NullOr(Schema.String),
  message_count: Schema.Int,
  created_at: Schema.Date,
  updated_at: Schema.Date,
})

const MessageRow = Schema.Struct({
  message_id: Schema.BigInt,
  turn_id: Schema.String,
  message_type: MessageType,
  content: Schema.String,
  status: MessageStatus,
  ai_model: Schema.NullOr(Schema.String),
  created_at: Schema.Date,
  completed_at: Schema.NullOr(Schema.Date),
  hscode_analysis: Schema.NullOr(HsCodeAnalysis),
  sse_bookmark_data: Schema.NullOr(SseBookmarkData),
})

const summaryOf = (row: typeof SessionRow.Type): SessionSummary => ({
  sessionId: row.session_uuid,
  title: row.session_title,
  messageCount: row.message_count,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

const messageOf = (row: typeof MessageRow.Type): StoredMessage => ({
  messageId: row.message_id.toString(),
  turnId: row.turn_id,
  messageType: row.message_type,
  content: row.content,
  status: row.status,
  aiModel: row.ai_model,
  createdAt: row.created_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
  hsCodeAnalysis: row.hscode_analysis,
  sseBookmarkData: row.sse_bookmark_data,
})

const escapeLike = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`

export class HistoryReader extends Context.Service<
  HistoryReader,
  {
    readonly list: (userId: UserId, filter: SessionFilter) => Effect.Effect<SessionPage, QueryError>
    readonly session: (sessionId: SessionId) => Effect.Effect<Option.Option<SessionDetail>, QueryError>
  }
>()("hs-trade-chat/history/HistoryReader") {
  static readonly layer = Layer.effect(
    HistoryReader,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      return HistoryReader.of({ list: listWith(sql), session: sessionWith(sql) })
    }),
  )
}

const matching = (sql: PgClient.PgClient, userId: string, filter: SessionFilter) =>
  sql.and([
    sql`s.user_id = ${userId}`,
    ...(filter.startDate === undefined ? [] : [sql`s.updated_at >= ${filter.startDate}::date`]),
    ...(filter.endDate === undefined ? [] : [sql`s.updated_at < ${filter.endDate}::date + 1`]),
    ...(filter.keyword === undefined
      ? []
      : [
          sql`(
      s.session_title ILIKE ${escapeLike(filter.keyword)} OR EXISTS (
        SELECT 1 FROM chat_messages m
        WHERE m.session_uuid = s.session_uuid AND m.content ILIKE ${escapeLike(filter.keyword)}))`,
        ]),
  ])

const listWith = (sql: PgClient.PgClient) => {
  const Totals = Schema.Struct({
    sessions: Schema.Int,
    messages: Schema.Int,
    first: Schema.NullOr(Schema.Date),
    last: Schema.NullOr(Schema.Date),
  })
  return (userId: UserId, filter: SessionFilter) =>
    Effect.gen(function* () {
      const where = matching(sql, userId, filter)
      const totals = yield* sql`
        SELECT count(*)::int AS sessions, coalesce(sum(s.message_count), 0)::int AS messages,
          min(s.created_at) AS first, max(s.updated_at) AS last
        FROM chat_sessions s WHERE ${where}`.pipe(Effect.flatMap((rows) => Schema.decodeUnknownEffect(Totals)(rows[0])))
      const rows = yield* sql`
        SELECT s.session_uuid, s.session_title, s.message_count, s.created_at, s.updated_at
        FROM chat_sessions s WHERE ${where}
        ORDER BY s.updated_at DESC, s.session_uuid
        LIMIT ${filter.size} OFFSET ${(filter.page - 1) * filter.size}`.pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(SessionRow))),
      )
      const totalPages = Math.ceil(totals.sessions / filter.size)
      return {
        sessions: rows.map(summaryOf),
        pagination: {
          page: filter.page,
          size: filter.size,
          totalElements: totals.sessions,
          totalPages,
          hasNext: filter.page < totalPages,
          hasPrevious: filter.page > 1 && totalPages > 0,
        },
        summary: {
          totalSessions: totals.sessions,
          totalMessages: totals.messages,
          firstSessionAt: totals.first?.toISOString() ?? null,
          lastSessionAt: totals.last?.toISOString() ?? null,
        },
      }
    })
}

const sessionWith = (sql: PgClient.PgClient) => {
  const find = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: SessionRow,
    execute: (id) => sql`
      SELECT session_uuid, session_title, message_count, created_at, updated_at
      FROM chat_sessions WHERE session_uuid = ${id}`,
  })
  const messages = SqlSchema.findAll({
    Request: Schema.String,
    Result: MessageRow,
    execute: (id) => sql`
      SELECT message_id, turn_id, message_type, content, status, ai_model, created_at, completed_at, hscode_analysis, sse_bookmark_data
      FROM chat_messages WHERE session_uuid = ${id} ORDER BY message_id`,
  })
  return (sessionId: SessionId) =>
    Effect.gen(function* () {
      const session = yield* find(sessionId)
      if (Option.isNone(session)) return Option.none()
      const stored = (yield* messages(sessionId)).map(messageOf)
      const codes = stored.flatMap((message) => message.hsCodeAnalysis?.detected_hscode ?? [])
      return Option.some({
        session: summaryOf(session.value),
        messages: stored,
        relatedData: { extractedHsCodes: [...new Set(codes)] },
      })
    })
}
