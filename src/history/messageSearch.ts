/**
 * A member's messages that hold every word of a keyword, most relevant first. A message is relevant by how often it has
 * the words and by how much of it they are: for each word `(1 − 2^−times) / 2 + share of the message / 2`, of all words
 * the mean, between 0 and 1; among equals the newest comes first.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { MessagePage } from "../domain/History.ts"
import type { UserId } from "../domain/Turn.ts"
import { type HistoryFilter, ofMessages, wordsOf } from "./filters.ts"
import { MessageRow, messageOf } from "./rows.ts"
import { paginationOf } from "./sessionPages.ts"

const Row = Schema.Struct({
  ...MessageRow.fields,
  session_uuid: Schema.String,
  session_title: Schema.NullOr(Schema.String),
  score: Schema.Finite,
  total: Schema.Int,
})

const Total = Schema.Tuple([Schema.Struct({ total: Schema.Int })])

export const messagePage = Effect.fnUntraced(function* (
  sql: PgClient.PgClient,
  userId: UserId,
  filter: HistoryFilter & { readonly keyword: string },
) {
  const words = wordsOf(filter.keyword)
  const where = ofMessages(sql, userId, words, filter)
  const skipped = (filter.page - 1) * filter.size
  const page = yield* sql`
    WITH hits AS MATERIALIZED (
      SELECT m.message_id, ${relevance(sql, words)} AS score
      FROM chat_messages m, LATERAL (SELECT lower(m.content) AS text OFFSET 0) lowered WHERE ${where}
    )
    SELECT m.message_id, m.turn_id, m.message_type, m.content, m.status, m.ai_model, m.created_at, m.completed_at,
      m.hscode_analysis, m.sse_bookmark_data, m.session_uuid, s.session_title, page.score, page.total
    FROM (
      SELECT message_id, score, (SELECT count(*)::int FROM hits) AS total FROM hits
      ORDER BY score DESC, message_id DESC LIMIT ${filter.size} OFFSET ${skipped}
    ) page
    JOIN chat_messages m USING (message_id)
    JOIN chat_sessions s ON s.session_uuid = m.session_uuid AND s.user_id = ${userId}
    ORDER BY page.score DESC, m.message_id DESC`.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(Row))))
  const pastTheEnd = Effect.map(
    Effect.flatMap(
      sql`SELECT count(*)::int AS total FROM chat_messages m WHERE ${where}`,
      Schema.decodeUnknownEffect(Total),
    ),
    ([{ total }]) => total,
  )
  const total = page[0]?.total ?? (skipped === 0 ? 0 : yield* pastTheEnd)
  return {
    messages: page.map((row) => ({
      ...messageOf(row),
      sessionId: row.session_uuid,
      sessionTitle: row.session_title,
      relevanceScore: row.score,
    })),
    pagination: paginationOf(filter, total),
  } satisfies MessagePage
})

/** Of a message whose lowered `text` is computed once. In bytes, which need not be counted as characters do. */
const relevance = (sql: PgClient.PgClient, words: ReadonlyArray<string>) => {
  const ofWord = (word: string) => {
    const occupied = sql`(octet_length(text) - octet_length(replace(text, lower(${word}), '')))::float8`
    return sql`(1 - power(2, -${occupied} / octet_length(lower(${word}))) + ${occupied} / octet_length(text)) / 2`
  }
  return sql`((${sql.join(" + ", false)(words.map(ofWord))}) / ${words.length}::int)`
}
