/** A primary and a replica that streams from it, made by PostgreSQL's low-level backup: both are the embedded server. */
import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { ConfigProvider, Context, Effect, FileSystem, Layer, Redacted, Schedule, Schema, type Scope } from "effect"
import { ChildProcess } from "effect/process"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { migrate } from "../../src/platform/Database.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { postgresFiles } from "../../src/platform/PostgresFiles.ts"
import { history } from "./rooms.ts"

export class Replica extends Context.Service<
  Replica,
  {
    readonly url: Redacted.Redacted
    /** Replays nothing from now on. */
    readonly pause: Effect.Effect<void>
    /** Replays on, until all that the primary has is there. */
    readonly catchUp: Effect.Effect<void>
    /** Answers nothing for as long as the scope is open, and keeps connections. */
    readonly freeze: Effect.Effect<void, never, Scope.Scope>
  }
>()("test/Replica") {}

const Label = Schema.Tuple([Schema.Struct({ labelfile: Schema.String })])

const copyOf = Effect.fnUntraced(function* (source: string, target: string, url: string) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner
  const sql = yield* PgClient.PgClient
  const label = yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`SELECT pg_backup_start('replica', fast => true)`
      yield* spawner.exitCode(
        ChildProcess.make("cp", ["-a", `${source}/postgres`, `${source}/postgres.password`, target]),
      )
      const [{ labelfile }] = yield* Effect.flatMap(
        sql`SELECT labelfile FROM pg_backup_stop(false)`,
        Schema.decodeUnknownEffect(Label),
      )
      return labelfile
    }),
  )
  const data = `${target}/postgres`
  yield* fs.remove(`${data}/postmaster.pid`)
  const files = yield* postgresFiles
  for (const [name, content] of [
    ["backup_label", label],
    ["standby.signal", ""],
    ["postgresql.auto.conf", `primary_conninfo = '${url}'\n`],
  ] as const) {
    yield* fs.writeFileString(`${data}/${name}`, content)
    yield* files.own(`${data}/${name}`)
  }
})

/** A road on which nothing moves while it is closed; nobody is told. */
const roadTo = Effect.fnUntraced(function* (target: number) {
  let open = true
  const travellers = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1")
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one
        .on("data", (data) => void other.write(data))
        .on("error", () => one.destroy())
        .on("close", () => other.destroy())
      travellers.add(one.on("close", () => travellers.delete(one)))
      if (!open) one.pause()
    }
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close()),
  )
  const move = (moving: boolean) =>
    Effect.sync(() => {
      open = moving
      for (const socket of travellers)
        if (moving) socket.resume()
        else socket.pause()
    })
  return { port: (server.address() as AddressInfo).port, close: move(false), open: move(true) }
})

const replica = Layer.effect(
  Replica,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const { directory, primary } = yield* Primary
    const target = yield* fs.makeTempDirectoryScoped()
    yield* copyOf(directory, target, Redacted.value(primary))
    const { url } = Context.get(yield* Layer.build(EmbeddedPostgres.layer(target)), EmbeddedPostgres)
    const behind = Context.get(yield* Layer.build(PgClient.layer({ url })), PgClient.PgClient)
    const sql = yield* PgClient.PgClient
    const address = new URL(Redacted.value(url))
    const road = yield* roadTo(Number(address.port))
    address.port = `${road.port}`
    return Replica.of({
      url: Redacted.make(address.href),
      pause: Effect.orDie(behind`SELECT pg_wal_replay_pause()`),
      catchUp: Effect.gen(function* () {
        yield* behind`SELECT pg_wal_replay_resume()`
        const [row] = yield* sql`SELECT pg_current_wal_lsn()::text AS lsn`
        yield* behind`SELECT 1 WHERE pg_last_wal_replay_lsn() >= ${row?.["lsn"]}::pg_lsn`.pipe(
          Effect.repeat({ until: (rows) => rows.length > 0, schedule: Schedule.spaced("20 millis") }),
        )
      }).pipe(Effect.orDie),
      freeze: Effect.acquireRelease(road.close, () => road.open),
    })
  }),
)

class Primary extends Context.Service<Primary, { readonly directory: string; readonly primary: Redacted.Redacted }>()(
  "test/Primary",
) {}

const primary = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped()
    const client = Layer.unwrap(
      Effect.map(EmbeddedPostgres, ({ url }) =>
        Layer.merge(PgClient.layer({ url }), Layer.succeed(Primary, { directory, primary: url })),
      ),
    )
    return Layer.effectDiscard(migrate).pipe(
      Layer.provideMerge(client),
      Layer.provide(EmbeddedPostgres.layer(directory)),
    )
  }),
)

/** History that is written to the primary and read from the replica. */
export const replicated = Layer.unwrap(
  Effect.map(Replica, ({ url }) =>
    history.pipe(
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ DATABASE_READ_URL: Redacted.value(url) }))),
    ),
  ),
).pipe(Layer.provideMerge(replica), Layer.provideMerge(primary), Layer.provideMerge(NodeServices.layer))
