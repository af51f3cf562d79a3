/**
 * Imports a published schedule: one transaction, so that a file is there as a whole or not at all. The same file again
 * changes nothing; another file for the same date replaces that version; other dates stand beside it.
 */
import { PgClient } from "@effect/sql-pg"
import { Context, DateTime, Effect, Layer, Schema, Stream } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { basename } from "node:path"
import { type Changes, changesWith } from "./changes.ts"
import type { Layout, PlacedLine, Reader, RowFault } from "./Layout.ts"
import { layouts } from "./layouts/index.ts"
import { readTable, type Row, UnreadableFile } from "./Table.ts"

/** The first row is that of no layout: nothing was written. */
class UnknownLayout extends Schema.TaggedError<UnknownLayout>()("UnknownLayout", {
  file: Schema.String,
  /** The cells that it begins with. */
  found: Schema.Array(Schema.String),
}) {
  override get message() {
    return `${this.file} is no schedule that can be imported: it begins with ${this.found.slice(0, 4).join(" | ") || "nothing"}`
  }
}

/** A row breaks the layout: nothing was written. */
class BadRow extends Schema.TaggedError<BadRow>()("BadRow", {
  file: Schema.String,
  sheet: Schema.NullOr(Schema.String),
  line: Schema.Int,
  reason: Schema.String,
}) {
  override get message() {
    return `${this.file}${this.sheet === null ? "" : `, sheet ${this.sheet}`}, line ${this.line}: ${this.reason}`
  }
}

export interface ImportOptions {
  readonly file: string
  /** First day of this version, as 2026-01-01; today when null. */
  readonly effective: string | null
  /** Go on behind rows that break the layout; they are in the report. */
  readonly skipBad: boolean
  /** Undo everything at the end: the report says what would have changed. */
  readonly dryRun: boolean
  /** Hears how many lines are stored and how much of the file has been read, 0 to 1. */
  readonly onProgress: (lines: number, read: number) => void
}

export interface ImportReport {
  readonly layout: Layout["id"]
  readonly country: string
  readonly source: string
  readonly effective: string
  /** `unchanged`: this very file is the version of that date already. */
  readonly outcome: "imported" | "replaced" | "unchanged" | "dry run"
  readonly lines: number
  /** Rates whose text says more than a typed rate can. */
  readonly unparsedRates: number
  readonly bad: ReadonlyArray<RowFault>
  /** Against the version before it, or the one that it replaces; null when there is none. */
  readonly changes: Changes | null
}

export type ImportError = UnreadableFile | UnknownLayout | BadRow | SqlError

/** Instances listen on this channel and read the schedules again. */
export const scheduleChannel = "tariff_schedules"

export class TariffImport extends Context.Service<
  TariffImport,
  { readonly importFile: (options: ImportOptions) => Effect.Effect<ImportReport, ImportError> }
>()("hs-trade-chat/tariff/TariffImport") {
  static readonly layer = Layer.effect(
    TariffImport,
    Effect.map(PgClient.PgClient, (sql) => TariffImport.of({ importFile: importWith(sql) })),
  )
}

const digestOf = (file: string) =>
  Effect.tryPromise({
    try: async () => {
      const digest = createHash("sha256")
      for await (const bytes of createReadStream(file)) digest.update(bytes as Buffer)
      return digest.digest("hex")
    },
    catch: (cause) => new UnreadableFile({ file, reason: String(cause) }),
  })

const layoutOf = (file: string) =>
  Effect.gen(function* () {
    const first = (yield* readTable(file).pipe(Stream.take(1), Stream.runCollect))[0]
    const found = first && layouts.find((layout) => layout.begin(first) !== null)
    return found ?? (yield* new UnknownLayout({ file: basename(file), found: first?.cells ?? [] }))
  })

/** Carries the report out of a transaction that is to be undone. */
class Undo extends Schema.TaggedError<Undo>()("Undo", { report: Schema.Any }) {}

const importWith = (sql: PgClient.PgClient) =>
  Effect.fn("TariffImport.importFile")(function* (options: ImportOptions) {
    const layout = yield* layoutOf(options.file)
    const digest = yield* digestOf(options.file)
    const effective = options.effective ?? DateTime.formatIsoDateUtc(yield* DateTime.now)
    const run = Effect.gen(function* () {
      yield* sql`SELECT pg_advisory_xact_lock(hashtext(${`tariff ${layout.id}`}))`
      const [before] = yield* sql<{ schedule_id: bigint; digest: string; same_date: boolean }>`
        SELECT schedule_id, digest, valid_from = ${effective}::date AS same_date FROM tariff_schedules
        WHERE layout = ${layout.id} AND valid_from <= ${effective}::date ORDER BY valid_from DESC LIMIT 1`
      const report = {
        layout: layout.id,
        country: layout.country,
        source: layout.source,
        effective,
        lines: 0,
        unparsedRates: 0,
        bad: [],
        changes: null,
      }
      if (before?.same_date && before.digest === digest)
        return { ...report, outcome: "unchanged" } satisfies ImportReport
      if (before?.same_date)
        yield* sql`UPDATE tariff_schedules SET layout = layout || ' replaced' WHERE schedule_id = ${before.schedule_id}`
      const [schedule] = yield* sql<{ schedule_id: bigint }>`
        INSERT INTO tariff_schedules ${sql.insert({
          layout: layout.id,
          country: layout.country,
          source: layout.source,
          file_name: basename(options.file),
          digest,
          valid_from: effective,
        })} RETURNING schedule_id`
      const id = schedule!.schedule_id
      const loaded = yield* loadLines(sql, id, layout, options)
      const changes = before ? yield* changesWith(sql)(before.schedule_id, id) : null
      if (before?.same_date) yield* sql`DELETE FROM tariff_schedules WHERE schedule_id = ${before.schedule_id}`
      yield* sql`
        UPDATE tariff_schedules SET line_count = ${loaded.lines}, unparsed_rates = ${loaded.unparsedRates}
        WHERE schedule_id = ${id}`
      const done: ImportReport = {
        ...report,
        ...loaded,
        changes,
        outcome: options.dryRun ? "dry run" : before?.same_date ? "replaced" : "imported",
      }
      if (options.dryRun) return yield* new Undo({ report: done })
      yield* sql`SELECT pg_notify(${scheduleChannel}, ${id.toString()})`
      return done
    })
    return yield* sql
      .withTransaction(run)
      .pipe(Effect.catchTag("Undo", ({ report }) => Effect.succeed(report as ImportReport)))
  })

const batchSize = 500

type Read = { readonly row: Row; readonly line: PlacedLine }

const unparsedOf = ({ rates }: PlacedLine): number =>
  rates === null || rates.inheritedFrom !== null
    ? 0
    : [...rates.general, ...rates.special, ...rates.column2, ...rates.additional].filter(
        ({ duties }) => duties === null,
      ).length

const loadLines = Effect.fnUntraced(function* (
  sql: PgClient.PgClient,
  scheduleId: bigint,
  layout: Layout,
  { file, skipBad, onProgress }: ImportOptions,
) {
  const bad: Array<RowFault> = []
  let lines = 0
  let unparsedRates = 0
  let read: Reader | null = null
  const refuse = (fault: RowFault) =>
    skipBad ? Effect.sync(() => bad.push(fault)) : Effect.fail(new BadRow({ file: basename(file), ...fault }))
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
        yield* refuse(reading.fault)
        return []
      }),
    ),
    Stream.flattenIterable,
    Stream.grouped(batchSize),
    Stream.runForEach(
      Effect.fnUntraced(function* (batch: ReadonlyArray<Read>) {
        const refused = yield* insertLines(sql, scheduleId, batch)
        yield* Effect.forEach(refused, refuse, { discard: true })
        lines += batch.length - refused.length
        unparsedRates += batch.reduce((sum, { line }) => sum + unparsedOf(line), 0)
        onProgress(lines, batch.at(-1)?.row.read ?? 0)
      }),
    ),
  )
  return { lines, unparsedRates, bad }
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
