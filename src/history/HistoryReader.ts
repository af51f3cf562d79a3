/** What members read back: their sessions, one of them whole, and a search through their messages. */
import type { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { MessagePage, SessionDetail, SessionPage } from "../domain/History.ts"
import type { SessionId, UserId } from "../domain/Turn.ts"
import type { HistoryFilter } from "./filters.ts"
import { type HistoryUnavailable, SessionForbidden, SessionNotFound, unavailable } from "./HistoryError.ts"
import { messagePage } from "./messageSearch.ts"
import { ReadDatabase } from "./ReadDatabase.ts"
import { messageOf, MessageRow, SessionRow, summaryOf } from "./rows.ts"
import { type SessionFilter, sessionPage } from "./sessionPages.ts"

export class HistoryReader extends Context.Service<
  HistoryReader,
  {
    readonly list: (userId: UserId, filter: SessionFilter) => Effect.Effect<SessionPage, HistoryUnavailable>
    readonly session: (
      userId: UserId,
      sessionId: SessionId,
    ) => Effect.Effect<SessionDetail, SessionNotFound | SessionForbidden | HistoryUnavailable>
    readonly search: (
      userId: UserId,
      filter: HistoryFilter & { readonly keyword: string },
    ) => Effect.Effect<MessagePage, HistoryUnavailable>
  }
>()("hs-trade-chat/history/HistoryReader") {
  static readonly layer = Layer.effect(
    HistoryReader,
    Effect.gen(function* () {
      const { read } = yield* ReadDatabase
      return HistoryReader.of({
        list: Effect.fn("HistoryReader.list")(function* (userId, filter) {
          return yield* read(userId, (sql) => sessionPage(sql, userId, filter)).pipe(unavailable("list"))
        }),
        session: Effect.fn("HistoryReader.session")(function* (userId, sessionId) {
          return yield* read(userId, (sql) => wholeSession(sql, userId, sessionId)).pipe(unavailable("session"))
        }),
        search: Effect.fn("HistoryReader.search")(function* (userId, filter) {
          return yield* read(userId, (sql) => messagePage(sql, userId, filter)).pipe(unavailable("search"))
        }),
      })
    }),
  )
}

const OwnedRow = Schema.Struct({ ...SessionRow.fields, user_id: Schema.String })

const wholeSession = Effect.fnUntraced(function* (sql: PgClient.PgClient, userId: UserId, sessionId: SessionId) {
  const find = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: OwnedRow,
    execute: (id) => sql`
      SELECT session_uuid, user_id, session_title, message_count, created_at, updated_at
      FROM chat_sessions WHERE session_uuid = ${id}`,
  })
  const messages = SqlSchema.findAll({
    Request: Schema.String,
    Result: MessageRow,
    execute: (id) => sql`
      SELECT message_id, turn_id, message_type, content, status, ai_model, created_at, completed_at, hscode_analysis, sse_bookmark_data
      FROM chat_messages WHERE session_uuid = ${id} ORDER BY message_id`,
  })
  const session = Option.getOrNull(yield* find(sessionId))
  if (session === null) return yield* new SessionNotFound({ sessionId })
  if (session.user_id !== userId) return yield* new SessionForbidden({ sessionId })
  const stored = (yield* messages(sessionId)).map(messageOf)
  const codes = stored.flatMap((message) => message.hsCodeAnalysis?.detected_hscode ?? [])
  return {
    session: summaryOf(session),
    messages: stored,
    relatedData: { extractedHsCodes: [...new Set(codes)] },
  } satisfies SessionDetail
})
