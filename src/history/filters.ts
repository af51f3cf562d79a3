/** What members narrow their history down by, as conditions of SQL. */
import type { PgClient } from "@effect/sql-pg"
import { dotted, type HsCode } from "../domain/HsCode.ts"
import type { UserId } from "../domain/Turn.ts"

export interface HistoryFilter {
  /** From 1. */
  readonly page: number
  readonly size: number
  /** ISO dates of UTC, both included. */
  readonly startDate?: string | undefined
  readonly endDate?: string | undefined
  /** Words that all have to occur, as parts of other words too. */
  readonly keyword?: string | undefined
  /** The recognised code, or what it lies below. */
  readonly hscode?: HsCode | undefined
}

export const wordsOf = (keyword: string): ReadonlyArray<string> => keyword.split(/\s+/).filter((word) => word !== "")

const anywhere = (word: string): string => `%${word.replace(/[\\%_]/g, "\\$&")}%`

/** In days of UTC, whatever the server's time zone. */
const during = (sql: PgClient.PgClient, column: string, { startDate, endDate }: HistoryFilter) => [
  ...(startDate === undefined ? [] : [sql`${sql(column)} >= ${`${startDate}T00:00:00Z`}::timestamptz`]),
  ...(endDate === undefined ? [] : [sql`${sql(column)} < ${`${endDate}T00:00:00Z`}::timestamptz + interval '1 day'`]),
]

/** The pairs of characters that find a text do not prove that it has the word, unless the word is one pair. */
const isPair = (word: string): boolean => Array.from(word).length === 2 && word === word.toLowerCase()

/** Messages `m` that hold every word. */
const holding = (sql: PgClient.PgClient, userId: UserId, words: ReadonlyArray<string>) =>
  words.flatMap((word) => [
    sql`member_pairs(m.user_id, m.content) @> member_pairs(${userId}, ${word})`,
    ...(isPair(word) ? [] : [sql`lower(m.content) LIKE lower(${anywhere(word)})`]),
  ])

const below = (sql: PgClient.PgClient, code: HsCode) =>
  sql`m.hscode_analysis->>'detected_hscode' LIKE ${`${dotted(code)}%`}`

/** Which of the member's sessions `s`. */
export const ofSessions = (sql: PgClient.PgClient, userId: UserId, filter: HistoryFilter) => {
  const words = wordsOf(filter.keyword ?? "")
  return sql.and([
    sql`s.user_id = ${userId}`,
    ...during(sql, "s.updated_at", filter),
    ...(words.length === 0
      ? []
      : [
          sql`(${sql.and(words.map((word) => sql`lower(s.session_title) LIKE lower(${anywhere(word)})`))} OR s.session_uuid IN (
            SELECT m.session_uuid FROM chat_messages m WHERE ${sql.and(holding(sql, userId, words))}))`,
        ]),
    ...(filter.hscode === undefined
      ? []
      : [
          sql`s.session_uuid IN (
            SELECT m.session_uuid FROM chat_messages m WHERE m.user_id = ${userId} AND ${below(sql, filter.hscode)})`,
        ]),
  ])
}

/** Which of the member's messages `m`; the recognised code is the answer's, so a question counts by its turn's. */
export const ofMessages = (
  sql: PgClient.PgClient,
  userId: UserId,
  words: ReadonlyArray<string>,
  filter: HistoryFilter,
) =>
  sql.and([
    ...holding(sql, userId, words),
    ...during(sql, "m.created_at", filter),
    ...(filter.hscode === undefined
      ? []
      : [
          sql`m.turn_id IN (
            SELECT turn_id FROM chat_messages m WHERE m.user_id = ${userId} AND ${below(sql, filter.hscode)})`,
        ]),
  ])
