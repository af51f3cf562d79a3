import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, FileSystem, Path, Redacted, Schedule, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const script = fileURLToPath(new URL("../../scripts/import.ts", import.meta.url))
const fixture = (name: string) => fileURLToPath(new URL(`../tariff/fixtures/${name}`, import.meta.url))

const start = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    return yield* ChildProcess.make(process.execPath, [script, ...args], {
      env: { DATABASE_URL: Redacted.value(url), PATH: process.env["PATH"] ?? "" },
      extendEnv: false,
      stdin: "ignore",
    })
  })

const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const child = yield* start(...args)
    const [said, code] = yield* Effect.all([child.all.pipe(Stream.decodeText(), Stream.mkString), child.exitCode], {
      concurrency: "unbounded",
    })
    return { said, code: Number(code) }
  }).pipe(Effect.scoped)

layer(migratedDatabase, { excludeTestServices: true })("npm run import", (it) => {
  it.effect("says what a file would change and what it changed", () =>
    Effect.gen(function* () {
      const tried = yield* run(fixture("united-states.csv"), "--effective", "2026-01-01", "--dry-run")
      assert.match(tried.said, /Harmonized Tariff Schedule of the United States \(US\), from 2026-01-01: dry run/)
      assert.match(tried.said, /lines +7\n/)
      const done = yield* run(fixture("united-states.csv"), "--effective", "2026-01-01")
      assert.match(done.said, /: imported/)
      const again = yield* run(fixture("united-states.csv"), "--effective", "2026-01-01")
      assert.match(again.said, /: unchanged/)
      assert.strictEqual(again.code, 0)
    }),
  )

  it.effect("refuses in one line what it cannot take", () =>
    Effect.gen(function* () {
      for (const [args, said] of [
        [[], /^import: usage: /],
        [[fixture("united-states.csv"), "--effective", "soon"], /^import: --effective soon is no date/],
        [
          [fixture("../rates.test.ts")],
          /^import: .*rates\.test\.ts: |^import: rates\.test\.ts is no schedule that can be imported/,
        ],
      ] as const) {
        const refused = yield* run(...args)
        assert.match(refused.said, said)
        assert.strictEqual(refused.said.trim().split("\n").length, 1)
        assert.notStrictEqual(refused.code, 0)
      }
    }),
  )

  it.effect("leaves nothing behind when it is killed half-way", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const sql = yield* PgClient.PgClient
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "large.csv")
      const [header = "", first = ""] = (yield* fs.readFileString(fixture("united-states.csv"))).split("\n")
      const line = (number: number) =>
        first.replace(
          "9101",
          `9101.${String(number)
            .padStart(6, "0")
            .replace(/(..)(..)(..)/, "$1.$2.$3")}`,
        )
      yield* fs.writeFileString(file, [header, ...Array.from({ length: 100_000 }, (_, n) => line(n)), ""].join("\n"))
      const child = yield* start(file, "--effective", "2027-01-01")
      const importing = sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`.pipe(
        Effect.flatMap((locks) => (locks.length > 0 ? Effect.void : Effect.fail("not yet"))),
        Effect.retry(Schedule.forever),
      )
      yield* importing
      yield* child.kill({ killSignal: "SIGKILL" })
      yield* Effect.exit(child.exitCode)
      const released = sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`.pipe(
        Effect.flatMap((locks) => (locks.length === 0 ? Effect.void : Effect.fail("not yet"))),
        Effect.retry(Schedule.forever),
      )
      yield* released
      assert.deepStrictEqual(yield* sql`SELECT 1 FROM tariff_schedules WHERE valid_from = '2027-01-01'`, [])
      assert.deepStrictEqual(
        yield* sql`SELECT 1 FROM tariff_lines line WHERE NOT EXISTS (SELECT 1 FROM tariff_schedules WHERE schedule_id = line.schedule_id)`,
        [],
      )
    }).pipe(Effect.scoped),
  )
})
