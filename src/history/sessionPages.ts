/**
 * Pages of a member's sessions, newest first. A page is found by its number in the index alone and only its own rows are
 * read; a cursor goes straight to where the page before ended, however deep.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { SessionPage } from "../domain/History.ts"
import type { UserId } from "../domain/Turn.ts"
import { type HistoryFilter, ofSessions } from "./filters.ts"
import { SessionRow, summaryOf } from "./rows.ts"

export interface SessionFilter extends HistoryFilter {
  /** Where the page before ended; stands instead of the page's number. */
  readonly cursor?: string | undefined
}

const Totals = Schema.Struct({
  sessions: Schema.Int,
  messages: Schema.Int,
  first: Schema.NullOr(Schema.Date),
  last: Schema.NullOr(Schema.Date),
})

/** A date of JavaScript would lose the microseconds that tell neighbours apart. */
const Row = Schema.Struct({ ...SessionRow.fields, micros: Schema.BigInt })

export const sessionPage = Effect.fnUntraced(function* (sql: PgClient.PgClient, userId: UserId, filter: SessionFilter) {
  const where = ofSessions(sql, userId, filter)
  const totals = sql`
    SELECT count(*)::int AS sessions, coalesce(sum(s.message_count), 0)::int AS messages,
      min(s.created_at) AS first, max(s.updated_at) AS last
    FROM chat_sessions s WHERE ${where}`.pipe(Effect.flatMap((rows) => Schema.decodeUnknownEffect(Totals)(rows[0])))
  const [from, skipped] =
    filter.cursor === undefined
      ? [where, (filter.page - 1) * filter.size]
      : [sql.and([where, after(sql, filter.cursor)]), 0]
  const rows = sql`
    SELECT s.session_uuid, s.session_title, s.message_count, s.created_at, s.updated_at,
      (extract(epoch FROM s.updated_at) * 1000000)::bigint AS micros
    FROM chat_sessions s JOIN (
      SELECT s.session_uuid FROM chat_sessions s WHERE ${from}
      ORDER BY s.updated_at DESC, s.session_uuid LIMIT ${filter.size + 1} OFFSET ${skipped}
    ) page USING (session_uuid)
    ORDER BY s.updated_at DESC, s.session_uuid`.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(Row))))
  const [total, found] = yield* Effect.all([totals, rows], { concurrency: "unbounded" })
  const page = found.slice(0, filter.size)
  const last = page.at(-1)
  const hasNext = found.length > filter.size
  return {
    sessions: page.map(summaryOf),
    pagination: {
      ...paginationOf(filter, total.sessions),
      hasNext,
      nextCursor: hasNext && last ? `${last.micros}_${last.session_uuid}` : null,
    },
    summary: {
      totalSessions: total.sessions,
      totalMessages: total.messages,
      firstSessionAt: total.first?.toISOString() ?? null,
      lastSessionAt: total.last?.toISOString() ?? null,
    },
  } satisfies SessionPage
})

export const paginationOf = ({ page, size }: HistoryFilter, totalElements: number) => {
  const totalPages = Math.ceil(totalElements / size)
  return { page, size, totalElements, totalPages, hasNext: page < totalPages, hasPrevious: page > 1 && totalPages > 0 }
}

const after = (sql: PgClient.PgClient, cursor: string) => {
  const [micros = "", id = ""] = cursor.split("_")
  const at = sql`'epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond'`
  return sql`s.updated_at <= ${at} AND (s.updated_at < ${at} OR s.session_uuid > ${id}::uuid)`
}
