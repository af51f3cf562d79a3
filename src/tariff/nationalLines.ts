/** Reads the lines of a code from the schedules that hold on a day. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import type { NationalLine, NationalSchedule } from "../domain/DetailPage.ts"
import { Country, DateText, Rates } from "../domain/Tariff.ts"

export interface LineQuery {
  /** Digits: 2 to 10. */
  readonly code: string
  /** Null for all. */
  readonly country: Country | null
  /** The day to look at; null for today. */
  readonly asOf: string | null
}

const linesShown = 300

const ScheduleRow = Schema.Struct({
  schedule_id: Schema.BigInt,
  country: Country,
  source: Schema.String,
  valid_from: DateText,
  valid_to: Schema.NullOr(DateText),
  imported_at: Schema.Date,
  line_count: Schema.BigInt,
})

const LineRow = Schema.Struct({
  position: Schema.Int,
  parent: Schema.NullOr(Schema.Int),
  code: Schema.NullOr(Schema.String),
  name_ko: Schema.NullOr(Schema.String),
  name_en: Schema.NullOr(Schema.String),
  units: Schema.Array(Schema.String),
  rates: Schema.NullOr(Rates),
  valid_from: Schema.NullOr(DateText),
  valid_to: Schema.NullOr(DateText),
})
type LineRow = typeof LineRow.Type

export const readNational = (sql: PgClient.PgClient) => {
  /** Of each publication the version that holds on the day, with how many of its lines stand below the code. */
  const schedulesFor = SqlSchema.findAll({
    Request: Schema.Struct({ code: Schema.String, country: Schema.NullOr(Country), asOf: Schema.String }),
    Result: ScheduleRow,
    execute: ({ code, country, asOf }) => sql`
      SELECT schedule_id, country, source, valid_from::text, (next_from - 1)::text AS valid_to, imported_at,
        (SELECT count(*) FROM tariff_lines line
         WHERE line.schedule_id = version.schedule_id AND line.code LIKE ${`${code}%`}
           AND coalesce(line.valid_from <= ${asOf}::date, true) AND coalesce(line.valid_to >= ${asOf}::date, true)
        ) AS line_count
      FROM (
        SELECT *, lead(valid_from) OVER (PARTITION BY layout ORDER BY valid_from) AS next_from FROM tariff_schedules
      ) AS version
      WHERE valid_from <= ${asOf}::date AND coalesce(next_from > ${asOf}::date, true)
        AND (${country}::text IS NULL OR country = ${country})
      ORDER BY country, source`,
  })
  /** From the first to the last line of the code, those without a number between them included. */
  const linesOf = SqlSchema.findAll({
    Request: Schema.Struct({ schedule: Schema.BigInt, code: Schema.String, asOf: Schema.String }),
    Result: LineRow,
    execute: ({ schedule, code, asOf }) => sql`
      WITH RECURSIVE own AS (
        SELECT * FROM tariff_lines WHERE schedule_id = ${schedule} AND code LIKE ${`${code}%`}
          AND coalesce(valid_from <= ${asOf}::date, true) AND coalesce(valid_to >= ${asOf}::date, true)
      ), grouping AS (
        SELECT * FROM own
        UNION
        SELECT above.* FROM tariff_lines above JOIN grouping ON above.position = grouping.parent
        WHERE above.schedule_id = ${schedule} AND above.code IS NULL
      )
      SELECT position, parent, code, name_ko, name_en, units, rates, valid_from::text, valid_to::text
      FROM grouping ORDER BY position LIMIT ${linesShown}`,
  })
  return Effect.fnUntraced(
    function* (query: Required<LineQuery>) {
      const asOf = query.asOf ?? ""
      const schedules = yield* schedulesFor({ code: query.code, country: query.country, asOf })
      const found = schedules.filter((row) => row.line_count > 0n)
      return yield* Effect.forEach(
        found,
        Effect.fnUntraced(function* (row) {
          const lines =
            query.code.length < 6 ? [] : yield* linesOf({ schedule: row.schedule_id, code: query.code, asOf })
          return {
            country: row.country,
            source: row.source,
            validFrom: row.valid_from,
            validTo: row.valid_to,
            importedAt: row.imported_at.toISOString(),
            lineCount: Number(row.line_count),
            lines: placed(lines, row.country),
          } satisfies NationalSchedule
        }),
        { concurrency: "unbounded" },
      )
    },
    Effect.catchTag("SchemaError", Effect.die),
  ) as (query: LineQuery) => Effect.Effect<ReadonlyArray<NationalSchedule>, SqlError>
}

/** `8517.13.00.00` in the United States, `8517.13-0000` in Korea. */
const nationalForm = (country: Country, digits: string): string =>
  country === "US"
    ? [digits.slice(0, 4), ...(digits.slice(4).match(/.{1,2}/g) ?? [])].join(".")
    : [[digits.slice(0, 4), digits.slice(4, 6)].filter(Boolean).join("."), digits.slice(6)].filter(Boolean).join("-")

const placed = (rows: ReadonlyArray<LineRow>, country: Country): ReadonlyArray<NationalLine> => {
  const depths = new Map<number, number>()
  return rows.map((row) => {
    const depth = row.parent === null ? 0 : (depths.get(row.parent) ?? -1) + 1
    depths.set(row.position, depth)
    return {
      code: row.code === null ? null : nationalForm(country, row.code),
      names: { ko: row.name_ko, en: row.name_en },
      depth,
      units: row.units,
      rates: row.rates,
      validFrom: row.valid_from,
      validTo: row.valid_to,
    }
  })
}
