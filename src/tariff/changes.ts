/** What one version of a schedule changes against another. */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"

/** How many, and the first few as text. */
export interface Change {
  readonly count: number
  readonly examples: ReadonlyArray<string>
}

export interface Changes {
  readonly new: Change
  readonly gone: Change
  readonly renamed: Change
  readonly rates: Change
}

const shown = 5

export const changesWith = (sql: PgClient.PgClient) => (before: bigint, after: bigint) =>
  Effect.gen(function* () {
    const rows = yield* sql<{ kind: keyof Changes; count: bigint; examples: ReadonlyArray<string> }>`
        WITH older AS (SELECT * FROM tariff_lines WHERE schedule_id = ${before} AND code IS NOT NULL),
        newer AS (SELECT * FROM tariff_lines WHERE schedule_id = ${after} AND code IS NOT NULL),
        compared AS (
          SELECT
            coalesce(newer.code, older.code) AS code,
            coalesce(newer.name_ko, newer.name_en, older.name_ko, older.name_en) AS name,
            CASE
              WHEN older.code IS NULL THEN 'new'
              WHEN newer.code IS NULL THEN 'gone'
              WHEN (older.name_ko, older.name_en) IS DISTINCT FROM (newer.name_ko, newer.name_en) THEN 'renamed'
              WHEN older.rates IS DISTINCT FROM newer.rates THEN 'rates'
            END AS kind
          FROM older FULL JOIN newer
            ON older.code = newer.code AND older.valid_from IS NOT DISTINCT FROM newer.valid_from
        )
        SELECT kind, count(*) AS count, (array_agg(code || ' ' || name ORDER BY code))[1:${sql.literal(String(shown))}] AS examples
        FROM compared WHERE kind IS NOT NULL GROUP BY kind`
    const of = (kind: keyof Changes): Change => {
      const found = rows.find((row) => row.kind === kind)
      return { count: Number(found?.count ?? 0), examples: found?.examples ?? [] }
    }
    return { new: of("new"), gone: of("gone"), renamed: of("renamed"), rates: of("rates") } satisfies Changes
  })
