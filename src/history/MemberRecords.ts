/** What is kept of a member, for the member to take along or to erase: one session or everything. */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Stream } from "effect"
import type { ExportLine } from "../domain/History.ts"
import type { SessionId, UserId } from "../domain/Turn.ts"
import { everythingOf, noted, sessionOf } from "./erasures.ts"
import { exportRecords } from "./exportRecords.ts"
import {
  type HistoryUnavailable,
  SessionForbidden,
  SessionNotFound,
  unavailable,
  unavailableOf,
} from "./HistoryError.ts"
import { Journal } from "./Journal.ts"
import { ReadDatabase } from "./ReadDatabase.ts"

export class MemberRecords extends Context.Service<
  MemberRecords,
  {
    /** A line for each session, then for each message with all its analysis. */
    readonly export: (userId: UserId) => Stream.Stream<ExportLine, HistoryUnavailable>
    /** Erases one session with its messages. */
    readonly eraseSession: (
      userId: UserId,
      sessionId: SessionId,
    ) => Effect.Effect<void, SessionNotFound | SessionForbidden | HistoryUnavailable>
    /** Erases the member's sessions with their messages; again is no error. */
    readonly eraseAll: (userId: UserId) => Effect.Effect<void, HistoryUnavailable>
  }
>()("hs-trade-chat/history/MemberRecords") {
  static readonly layer = Layer.effect(
    MemberRecords,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { read, wrote } = yield* ReadDatabase
      const journal = yield* Journal
      return MemberRecords.of({
        export: (userId) =>
          exportRecords((query) => read(userId, query), userId).pipe(Stream.mapError(unavailableOf("export"))),
        eraseSession: Effect.fn("MemberRecords.eraseSession")(function* (userId, sessionId) {
          const waiting = yield* journal.eraseSession(userId, sessionId)
          yield* eraseSession(sql, userId, sessionId).pipe(
            unavailable("eraseSession"),
            Effect.catchTag("SessionNotFound", (error) => (waiting > 0 ? Effect.void : Effect.fail(error))),
          )
          yield* wrote(userId)
        }),
        eraseAll: Effect.fn("MemberRecords.eraseAll")(function* (userId) {
          yield* journal.erase(userId)
          yield* sql`WITH ${noted(sql, everythingOf(userId))} DELETE FROM chat_sessions WHERE user_id = ${userId}`.pipe(
            unavailable("eraseAll"),
          )
          yield* wrote(userId)
        }),
      })
    }),
  )
}

const eraseSession = Effect.fnUntraced(function* (sql: PgClient.PgClient, userId: UserId, sessionId: SessionId) {
  const erased = yield* sql`
    WITH ${noted(sql, sessionOf(userId, sessionId))}
    DELETE FROM chat_sessions WHERE session_uuid = ${sessionId} AND user_id = ${userId} RETURNING 1`
  if (erased.length > 0) return
  const others = yield* sql`SELECT 1 FROM chat_sessions WHERE session_uuid = ${sessionId}`
  return yield* others.length > 0 ? new SessionForbidden({ sessionId }) : new SessionNotFound({ sessionId })
})
