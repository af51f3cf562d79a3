import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { TariffSchedules } from "../../src/tariff/TariffSchedules.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

layer(TariffSchedules.layer.pipe(Layer.provideMerge(migratedDatabase)))("schedules that were imported", (it) => {
  it.effect("are noticed within half a minute when no notification comes through", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { versions } = yield* TariffSchedules
      const next = yield* versions.pipe(Stream.drop(1), Stream.runHead, Effect.forkChild)
      const [schedule] = yield* sql<{ schedule_id: bigint }>`
        INSERT INTO tariff_schedules ${sql.insert({ country: "US", layout: "us-hts", source: "s", file_name: "f", digest: "d", valid_from: "2026-01-01" })}
        RETURNING schedule_id`
      yield* TestClock.adjust("30 seconds")
      const version = Option.getOrThrow(yield* Fiber.join(next))
      assert.strictEqual(version.id, String(schedule?.schedule_id))
    }),
  )

  it.effect("are read again after the database could not be read once", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { national } = yield* TariffSchedules
      const asked = national({ code: "851713", country: null, asOf: null })
      yield* sql`ALTER TABLE tariff_lines RENAME TO elsewhere`
      assert.strictEqual((yield* Effect.flip(asked))._tag, "TariffUnavailable")
      yield* sql`ALTER TABLE elsewhere RENAME TO tariff_lines`
      assert.deepStrictEqual(yield* asked, [])
    }),
  )
})
