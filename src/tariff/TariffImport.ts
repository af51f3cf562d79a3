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
import type { Layout, RowFault } from "./Layout.ts"
import { layouts } from "./layouts/index.ts"
import { loadLines } from "./loadLines.ts"
import { readTable, UnreadableFile } from "./Table.ts"

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
      const bad: Array<RowFault> = []
      const onBad = (fault: RowFault) =>
        options.skipBad
          ? Effect.sync(() => void bad.push(fault))
          : Effect.fail(new BadRow({ file: basename(options.file), ...fault }))
      const loaded = yield* loadLines(sql, id, layout, options.file, onBad, options.onProgress)
      const [stored] = yield* sql<{ lines: bigint }>`
        SELECT count(*) AS lines FROM tariff_lines WHERE schedule_id = ${id}`
      const lines = Number(stored?.lines ?? 0)
      const changes = before ? yield* changesWith(sql)(before.schedule_id, id) : null
      if (before?.same_date) yield* sql`DELETE FROM tariff_schedules WHERE schedule_id = ${before.schedule_id}`
      yield* sql`
        UPDATE tariff_schedules SET line_count = ${lines}, unparsed_rates = ${loaded.unparsedRates}
        WHERE schedule_id = ${id}`
      const done: ImportReport = {
        ...report,
        lines,
        unparsedRates: loaded.unparsedRates,
        bad,
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
