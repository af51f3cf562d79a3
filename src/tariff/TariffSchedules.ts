/**
 * The national lines of a code, from the schedules that were imported. Answers are kept in memory until any instance, or
 * a tool beside it, imports another schedule: known at once where PostgreSQL's notifications arrive, else within half a minute.
 */
import { PgClient } from "@effect/sql-pg"
import {
  Cache,
  Context,
  DateTime,
  Duration,
  Effect,
  Exit,
  Layer,
  Queue,
  Schedule,
  Schema,
  type Stream,
  SubscriptionRef,
} from "effect"
import type { NationalSchedule } from "../domain/DetailPage.ts"
import { type LineQuery, readNational } from "./nationalLines.ts"
import { scheduleChannel } from "./TariffImport.ts"

/** The database did not answer. */
export class TariffUnavailable extends Schema.TaggedError<TariffUnavailable>()("TariffUnavailable", {
  reason: Schema.String,
}) {}

export interface Version {
  /** Names all schedules: of two that are imported side by side, the one with the lower id may come last. */
  readonly id: string
  /** When the last import was. */
  readonly importedAt: DateTime.Utc | null
}

export class TariffSchedules extends Context.Service<
  TariffSchedules,
  {
    readonly version: Effect.Effect<Version>
    /** The versions as they come: the present one, then one after each import. */
    readonly versions: Stream.Stream<Version>
    /** Names of the lines that hold today, with the subheading of each. */
    readonly names: Effect.Effect<ReadonlyArray<{ readonly code: string; readonly text: string }>, TariffUnavailable>
    /** One entry a publication that holds on that day and has lines for the code. */
    readonly national: (query: LineQuery) => Effect.Effect<ReadonlyArray<NationalSchedule>, TariffUnavailable>
  }
>()("hs-trade-chat/tariff/TariffSchedules") {
  static readonly layer = Layer.effect(
    TariffSchedules,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const read = readVersion(sql)
      const version = yield* SubscriptionRef.make(yield* read)
      const cache = yield* Cache.makeWith((key: string) => readNational(sql)(JSON.parse(key) as Required<LineQuery>), {
        capacity: 5_000,
        timeToLive: (exit) => (Exit.isSuccess(exit) ? Duration.infinity : Duration.zero),
      })
      const refresh = Effect.gen(function* () {
        const found = yield* read
        if (found.id === (yield* SubscriptionRef.get(version)).id) return
        yield* SubscriptionRef.set(version, found)
        yield* Cache.invalidateAll(cache)
      })
      yield* Effect.gen(function* () {
        const imports = yield* sql.listen(scheduleChannel)
        yield* refresh
        yield* Effect.forever(Effect.andThen(Queue.take(imports), refresh))
      }).pipe(
        Effect.scoped,
        Effect.tapError((error) => Effect.logWarning("imports are not heard of at the moment", error.message)),
        Effect.retry(Schedule.spaced("2 seconds")),
        Effect.forkScoped,
      )
      yield* refresh.pipe(
        Effect.catch((error) => Effect.logDebug("whether there was an import is not known", error.message)),
        Effect.schedule(Schedule.spaced(unheard)),
        Effect.forkScoped,
      )
      return TariffSchedules.of({
        version: SubscriptionRef.get(version),
        versions: SubscriptionRef.changes(version),
        names: readNames(sql).pipe(Effect.mapError((error) => new TariffUnavailable({ reason: error.message }))),
        national: Effect.fn("TariffSchedules.national")(function* ({ code, country, asOf }: LineQuery) {
          const day = asOf ?? DateTime.formatIsoDateUtc(yield* DateTime.now)
          const { id } = yield* SubscriptionRef.get(version)
          return yield* Cache.get(cache, JSON.stringify({ code, country, asOf: day, id })).pipe(
            Effect.mapError((error) => new TariffUnavailable({ reason: error.message })),
          )
        }),
      })
    }),
  )
}

/** How often an import is looked for that nobody told of: notifications do not come through a pooler of transactions. */
const unheard = "30 seconds"

const readVersion = (sql: PgClient.PgClient) =>
  Effect.map(
    sql<{ ids: string | null; imported_at: Date | null }>`
      SELECT string_agg(schedule_id::text, ',' ORDER BY schedule_id) AS ids, max(imported_at) AS imported_at
      FROM tariff_schedules`,
    ([row]): Version => ({
      id: row?.ids ?? "",
      importedAt: row?.imported_at ? DateTime.fromDateUnsafe(row.imported_at) : null,
    }),
  )

/** The newest version of each publication that holds today; dates of single lines are not looked at. */
const readNames = (sql: PgClient.PgClient) => sql<{ code: string; text: string }>`
  SELECT DISTINCT left(line.code, 6) AS code, name.text
  FROM (SELECT DISTINCT ON (layout) schedule_id FROM tariff_schedules WHERE valid_from <= current_date ORDER BY layout, valid_from DESC) AS version
  JOIN tariff_lines line USING (schedule_id)
  CROSS JOIN LATERAL (VALUES (line.name_ko), (line.name_en)) AS name (text)
  WHERE length(line.code) >= 6 AND name.text IS NOT NULL`
