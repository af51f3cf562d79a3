import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Layer, Schedule } from "effect"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import * as Telemetry from "../../src/platform/Telemetry.ts"

const start = (directory: string) => Layer.build(EmbeddedPostgres.layer(directory))

const client = (directory: string) =>
  Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))).pipe(
    Layer.provide(EmbeddedPostgres.layer(directory)),
  )

const inDirectory = <A, E>(body: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, any>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* body(yield* fs.makeTempDirectoryScoped(), fs)
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)) as Effect.Effect<A, E>

it.live("a second PostgreSQL on the same directory is refused with what to do", () =>
  inDirectory((directory) =>
    Effect.gen(function* () {
      yield* start(directory)
      const refused = yield* Effect.flip(start(directory))
      assert.match(refused.message, /is in use by another process .*DATA_DIR of its own or a DATABASE_URL/)
    }),
  ),
)

it.live("a directory without its password, or that cannot be one, is refused", () =>
  inDirectory((directory, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(start(directory))
      yield* fs.remove(`${directory}/postgres.password`)
      assert.match((yield* Effect.flip(start(directory))).message, /postgres\.password is missing/)
      yield* fs.writeFileString(`${directory}/file`, "")
      assert.match((yield* Effect.flip(start(`${directory}/file/below`))).message, /cannot use DATA_DIR/)
    }),
  ),
)

it.live("a directory of another version is refused with PostgreSQL's own reason", () =>
  inDirectory((directory, fs) =>
    Effect.gen(function* () {
      yield* Effect.scoped(start(directory))
      yield* fs.writeFileString(`${directory}/postgres/PG_VERSION`, "9.6\n")
      assert.match((yield* Effect.flip(start(directory))).message, /PostgreSQL did not start \(.*FATAL.*incompatible/)
    }),
  ),
)

it.live("a PostgreSQL that is killed comes back by itself", () =>
  inDirectory((directory, fs) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`SELECT 1`
      const pid = Number((yield* fs.readFileString(`${directory}/postgres/postmaster.pid`)).split("\n")[0])
      process.kill(pid, "SIGKILL")
      yield* Effect.retry(sql`SELECT 1`, Schedule.spaced("200 millis").pipe(Schedule.upTo({ times: 100 })))
    }).pipe(Effect.provide(client(directory))),
  ),
)

it.effect("logs are configured by level and form", () =>
  Effect.gen(function* () {
    for (const variables of [{}, { LOG_FORMAT: "pretty", LOG_LEVEL: "none" }]) {
      yield* Effect.scoped(
        Layer.build(Telemetry.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))))),
      )
    }
  }),
)
