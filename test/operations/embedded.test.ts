import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted, Schedule } from "effect"
import { ChildProcess } from "effect/process"
import { migrate } from "../../src/platform/Database.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { readManifest } from "../../scripts/backup/Manifest.ts"
import { backUp, restore, root, script } from "./documented.ts"
import { everyRow, historyAt, isBefore, prove, recording } from "./turns.ts"

const on = (dataDir: string) =>
  Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => historyAt(Redacted.value(url)))).pipe(
    Layer.provide(EmbeddedPostgres.layer(dataDir)),
  )

/** Recycles what it may of the log, as weeks of writing would. */
const recycling = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  for (const size of ["min_wal_size", "max_wal_size"]) yield* sql.unsafe(`ALTER SYSTEM SET ${size} = '32MB'`)
  yield* sql`SELECT pg_reload_conf()`
  yield* sql`SELECT pg_switch_wal()::text`.pipe(
    Effect.andThen(sql`CHECKPOINT`),
    Effect.repeat(Schedule.spaced("20 millis")),
    Effect.forkScoped,
  )
})

const started = (label: string) => /^START WAL LOCATION: (\S+) /.exec(label)?.[1] ?? ""

layer(NodeServices.layer, { excludeTestServices: true })("the embedded server", (it) => {
  it.effect(
    "comes back with every row that was committed before the backup's end, though it was written to all the while",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const [dataDir, backup] = [`${folder}/data`, `${folder}/backup`]
        const { before, committed } = yield* Effect.gen(function* () {
          yield* migrate
          const committed = yield* Effect.scoped(
            Effect.gen(function* () {
              const committed = yield* recording
              yield* recycling
              const taken = yield* backUp(dataDir, backup)
              assert.strictEqual(taken.code, 0, taken.said)
              return committed
            }),
          )
          return { before: yield* everyRow, committed }
        }).pipe(Effect.provide(on(dataDir)))

        const { stopLsn } = yield* readManifest(backup)
        const label = yield* fs.readFileString(`${backup}/data/postgres/backup_label`)
        const inTime = committed.filter(isBefore(stopLsn))
        const meanwhile = inTime.filter((turn) => !isBefore(started(label))(turn))
        assert.isAbove(meanwhile.length, 0)

        yield* fs.remove(`${dataDir}/postgres/base`, { recursive: true })
        const restored = yield* restore(dataDir, backup)
        assert.strictEqual(restored.code, 0, restored.said)
        prove(before, yield* everyRow.pipe(Effect.provide(on(dataDir))), inTime)
      }).pipe(Effect.scoped),
  )

  it.effect("keeps nothing of a backup that was killed or refused, and gives the next one", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const [folder, dataDir] = [yield* fs.makeTempDirectoryScoped(), yield* fs.makeTempDirectoryScoped()]
      const backUpNow = script("backup", { DATA_DIR: dataDir }, `${folder}/backup`)
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const slots = (count: number) =>
          sql`SELECT 1 FROM pg_replication_slots`.pipe(
            Effect.repeat({ until: ({ length }) => length === count, schedule: Schedule.spaced("5 millis") }),
          )
        const child = yield* ChildProcess.make(process.execPath, [`${root}/scripts/backup.ts`, `${folder}/backup`], {
          env: { DATA_DIR: dataDir },
          stdin: "ignore",
        })
        yield* slots(1)
        yield* child.kill({ killSignal: "SIGKILL" })
        yield* slots(0)
        assert.deepStrictEqual(yield* fs.readDirectory(folder), ["backup.part"])

        yield* fs.symlink(folder, `${dataDir}/elsewhere`)
        assert.match((yield* backUpNow).said, /^backup: \S+\/elsewhere leads elsewhere \(SymbolicLink\): /)
        assert.deepStrictEqual(yield* fs.readDirectory(folder), [])
        yield* fs.remove(`${dataDir}/elsewhere`)
        assert.match((yield* backUpNow).said, /: all that was committed before /)
      }).pipe(Effect.provide(on(dataDir)))
    }).pipe(Effect.scoped),
  )
})
