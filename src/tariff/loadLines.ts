/** Reads the rows of a file into `tariff_lines`, batch by batch. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Stream } from "effect"
import type { Layout, PlacedLine, Reader, RowFault } from "./Layout.ts"
import { readTable, type Row } from "./Table.ts"

const batchSize = 500

type Read = { readonly row: Row; readonly line: PlacedLine }

const unparsedOf = ({ rates }: PlacedLine): number =>
  rates === null || rates.inheritedFrom !== null
    ? 0
    : [...rates.general, ...rates.special, ...rates.column2, ...rates.additional].filter(
        ({ duties }) => duties === null,
      ).length

/** `onBad` hears of each row that breaks the layout or contradicts an earlier one, and may end the reading. */
export const loadLines = Effect.fnUntraced(function* <E>(
  sql: PgClient.PgClient,
  scheduleId: bigint,
  layout: Layout,
  file: string,
  onBad: (fault: RowFault) => Effect.Effect<void, E>,
  onProgress: (lines: number, read: number) => void,
) {
  let lines = 0
  let unparsedRates = 0
  let read: Reader | null = null
  yield* readTable(file).pipe(
    Stream.mapEffect(
      Effect.fnUntraced(function* (row) {
        if (read === null) {
          read = layout.begin(row)
          return []
        }
        const reading = read(row)
        if (reading === null) return []
        if ("line" in reading) return [{ row, line: reading.line }]
        yield* onBad(reading.fault)
        return []
      }),
    ),
    Stream.flattenIterable,
    Stream.grouped(batchSize),
    Stream.runForEach(
      Effect.fnUntraced(function* (batch: ReadonlyArray<Read>) {
        const refused = yield* insertLines(sql, scheduleId, batch)
        yield* Effect.forEach(refused, onBad, { discard: true })
        lines += batch.length - refused.length
        unparsedRates += batch.reduce((sum, { line }) => sum + unparsedOf(line), 0)
        onProgress(lines, batch.at(-1)?.row.read ?? 0)
      }),
    ),
  )
  return { unparsedRates }
})

/** Stores a batch; returns the rows that contradict an earlier one of the same code. An equal one is passed over. */
const insertLines = Effect.fnUntraced(function* (
  sql: PgClient.PgClient,
  scheduleId: bigint,
  batch: ReadonlyArray<Read>,
) {
  const records = batch.map(({ row, line }) => ({
    position: line.position,
    parent: line.parent,
    code: line.code,
    source_row: row.line,
    name_ko: line.names.ko,
    name_en: line.names.en,
    units: line.units,
    rates: line.rates,
    valid_from: line.validFrom,
    valid_to: line.validTo,
  }))
  const clashing = yield* sql<{ source_row: number; code: string; earlier: number }>`
    WITH batch AS (
      SELECT * FROM jsonb_to_recordset(${sql.json(records)}) AS line(
        position int, parent int, code text, source_row int, name_ko text, name_en text, units text[], rates jsonb,
        valid_from date, valid_to date)
    ), stored AS (
      INSERT INTO tariff_lines (schedule_id, position, parent, code, source_row, name_ko, name_en, units, rates, valid_from, valid_to)
      SELECT ${scheduleId}, position, parent, code, source_row, name_ko, name_en, units, rates, valid_from, valid_to
      FROM batch ORDER BY position ON CONFLICT DO NOTHING RETURNING *
    )
    SELECT batch.source_row, batch.code, other.source_row AS earlier
    FROM batch
    LEFT JOIN stored USING (position)
    JOIN LATERAL (
      SELECT * FROM tariff_lines WHERE schedule_id = ${scheduleId}
      UNION ALL SELECT * FROM stored
    ) AS other ON other.code = batch.code AND other.valid_from IS NOT DISTINCT FROM batch.valid_from
    WHERE stored.position IS NULL
      AND (other.name_ko, other.name_en, other.units, other.rates, other.valid_to)
        IS DISTINCT FROM (batch.name_ko, batch.name_en, batch.units, batch.rates, batch.valid_to)`
  return clashing.map(({ source_row, code, earlier }): RowFault => ({
    sheet: batch.find(({ row }) => row.line === source_row)?.row.sheet ?? null,
    line: source_row,
    reason: `${code} says something else than in line ${earlier}`,
  }))
})
