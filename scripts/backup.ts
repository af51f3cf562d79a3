/**
 * Backs up `DATA_DIR` with the embedded PostgreSQL: `npm run backup -- FOLDER`. Works beside a running service, which goes on
 * reading and writing, or without one. `docs/operations/backup.md` says what is in it, and what to do with another server.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Console, Effect, FileSystem, Layer, Option, Path } from "effect"
import { existsSync } from "node:fs"
import { dataDir } from "../src/platform/Database.ts"
import { EmbeddedPostgres } from "../src/platform/EmbeddedPostgres.ts"
import { takeBackup } from "./backup/takeBackup.ts"
import { Unusable } from "./backup/Unusable.ts"

if (existsSync(".env")) process.loadEnvFile()

const oneSession = Layer.unwrap(
  Effect.map(EmbeddedPostgres, ({ url }) =>
    PgClient.layerFrom(PgClient.makeClient({ url, applicationName: "hs-trade-chat backup" })),
  ),
)

const main = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const [folder, ...more] = process.argv.slice(2)
  if (folder === undefined || more.length > 0) return yield* Effect.fail(new Error("usage: npm run backup -- FOLDER"))
  if (Option.isSome(yield* Config.option(Config.Redacted("DATABASE_URL"))))
    return yield* new Unusable({
      what: "DATABASE_URL names a server that is not the embedded one",
      cure: "back it up by pg_dump or pg_basebackup, see docs/operations/backup.md",
    })
  const directory = path.resolve(yield* dataDir)
  if (!(yield* fs.exists(`${directory}/postgres`)))
    return yield* new Unusable({
      what: `DATA_DIR=${directory} holds no database`,
      cure: "set DATA_DIR as the service has it",
    })
  const { endedAt, files } = yield* takeBackup(directory, path.resolve(folder)).pipe(
    Effect.provide(oneSession.pipe(Layer.provide(EmbeddedPostgres.layerShared(directory)))),
  )
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  yield* Console.log(
    `${folder}: all that was committed before ${endedAt}; ${files.length} files, ${megabytes.toFixed(0)} MB`,
  )
}).pipe(
  Effect.scoped,
  Effect.provide(NodeServices.layer),
  Effect.tapError((error) => Console.error(`backup: ${error.message}`)),
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
