import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Schedule } from "effect"
import { migrate } from "../../src/platform/Database.ts"
import { freePort } from "../platform/TestRedis.ts"
import { startService } from "../ServiceProcess.ts"
import { bin, installed, makeServer, stopServer, urlAt } from "./DebianPostgres.ts"
import { documented, unread } from "./documented.ts"
import { memberOf, tokenFor } from "./member.ts"
import { everyRow, historyAt, prove, recording } from "./turns.ts"

/** One server for all tests here; it archives its log, as the document says. */
class Server extends Context.Service<
  Server,
  {
    readonly url: string
    readonly port: number
    readonly folder: string
    /** Runs what the document says under a heading, as the server's user unless as root, and fails when it does. */
    readonly follow: (heading: string, env?: Record<string, string>, asRoot?: boolean) => Effect.Effect<string>
  }
>()("test/Server") {
  static readonly layer = Layer.effect(
    Server,
    Effect.gen(function* () {
      const context = yield* Effect.context<NodeServices.NodeServices>()
      const fs = yield* FileSystem.FileSystem
      const { folder, port, prefix, start, url } = yield* makeServer
      const [PROGRAMS, ARCHIVE] = [`${folder}/programs`, `${folder}/archive`]
      const variables = {
        PATH: `${bin}:${process.env["PATH"]}`,
        DATABASE_URL: url,
        HOME: folder,
        PROGRAMS,
        ARCHIVE,
        BASE: `${folder}/base`,
      }
      const follow = Effect.fnUntraced(
        function* (heading: string, env: Record<string, string> = {}, asRoot = false) {
          const { code, said } = yield* documented(heading, { ...variables, ...env }, asRoot ? [] : prefix)
          assert.strictEqual(code, 0, said)
          return said
        },
        Effect.orDie,
        Effect.provide(context),
      )
      yield* fs.makeDirectory(PROGRAMS)
      yield* fs.makeDirectory(ARCHIVE)
      yield* fs.chmod(ARCHIVE, 0o777)
      yield* Effect.scoped(Effect.andThen(start, follow("Your own server, to a moment", {}, true)))
      yield* start
      return Server.of({ url, port, folder, follow })
    }),
  ).pipe(Layer.provideMerge(NodeServices.layer))
}

const sleepless = { schedule: Schedule.spaced("50 millis"), times: 400 }

describe.skipIf(!installed)("a server of one's own (skipped where Debian's postgresql is not installed)", () => {
  layer(Server.layer, { excludeTestServices: true })((it) => {
    it.effect("serves the service: a member asks, pages, searches and erases", () =>
      Effect.gen(function* () {
        const { url } = yield* Server
        const fs = yield* FileSystem.FileSystem
        const dataDir = yield* fs.makeTempDirectoryScoped()
        const alice = tokenFor(dataDir, "alice")
        const service = startService({ DATABASE_URL: url, DATA_DIR: dataDir })
        yield* Effect.addFinalizer(() => Effect.promise(() => (service.child.kill("SIGTERM"), service.exited)))
        yield* Effect.promise(async () => {
          const member = memberOf(await service.url, alice)
          assert.include(await member.ask("소가죽지갑 수입할 때 HS코드가 뭐야?"), "event: member_record_saved")
          const [session] = await member.sessions()
          assert.strictEqual(session.messageCount, 2)
          const found = await member.search("지갑")
          assert.strictEqual(found[0].sessionId, session.sessionId)
          assert.strictEqual(await member.erase(session.sessionId), 204)
          assert.deepStrictEqual(await member.sessions(), [])
          assert.strictEqual(await member.session(session.sessionId), 404)
        })
        assert.isFalse(yield* fs.exists(`${dataDir}/postgres`))
      }).pipe(Effect.scoped),
    )

    it.effect("comes back from a dump with every row that was committed before the dump began", () =>
      Effect.gen(function* () {
        const { folder, follow, port, url } = yield* Server
        const { before, expected } = yield* Effect.gen(function* () {
          yield* migrate
          const expected = yield* Effect.scoped(
            Effect.gen(function* () {
              const committed = yield* recording
              const some = Effect.sync(() => committed.length).pipe(
                Effect.repeat({ ...sleepless, until: (length) => length >= 30 }),
              )
              yield* some
              const expected = [...committed]
              yield* follow("A dump of your own server", { BACKUP: `${folder}/chat.dump` })
              return expected
            }),
          )
          return { before: yield* everyRow, expected }
        }).pipe(Effect.provide(historyAt(url)))
        const restored = urlAt(port, "restored")
        yield* follow("A dump, back again", { BACKUP: `${folder}/chat.dump`, NEW_DATABASE_URL: restored })
        prove(before, yield* everyRow.pipe(Effect.provide(historyAt(restored))), expected)
      }),
    )

    it.effect("is recovered to a moment: what was committed until then is there, what came later is not", () =>
      Effect.gen(function* () {
        const { folder, follow, url } = yield* Server
        const turns = Effect.fnUntraced(function* (count: number) {
          const committed = yield* recording
          yield* Effect.sync(() => committed.length).pipe(
            Effect.repeat({ ...sleepless, until: (length) => length >= count }),
          )
        }, Effect.scoped)
        const { before, later, moment } = yield* Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          yield* migrate
          yield* turns(5)
          yield* follow("A base backup")
          yield* turns(10)
          const before = yield* everyRow
          const [row] = yield* sql`SELECT clock_timestamp()::text AS moment`
          yield* turns(10)
          const later = yield* everyRow
          const [last] = yield* sql`SELECT pg_walfile_name(pg_switch_wal()) AS name`
          yield* sql`SELECT 1 FROM pg_stat_archiver WHERE last_archived_wal >= ${String(last?.["name"])}`.pipe(
            Effect.repeat({ ...sleepless, until: (rows) => rows.length > 0 }),
          )
          return { before, later, moment: String(row?.["moment"]) }
        }).pipe(Effect.provide(historyAt(url)))

        const port = yield* freePort
        const data = `${folder}/recovered`
        const recovered = urlAt(port)
        yield* Effect.addFinalizer(() => Effect.ignore(stopServer(data)))
        yield* follow("Recovery to a moment", {
          MOMENT: moment,
          NEW_DATA: data,
          NEW_PORT: `${port}`,
          NEW_DATABASE_URL: recovered,
        })
        const after = yield* everyRow.pipe(Effect.provide(historyAt(recovered)))
        assert.deepStrictEqual(after, before)
        assert.isAbove(later.get("chat_messages")?.length ?? 0, before.get("chat_messages")?.length ?? 0)
      }).pipe(Effect.scoped),
    )

    it.effect("is all that the document tells of it", () =>
      Effect.sync(() => assert.deepStrictEqual(unread(/^(?!The embedded)/), [])),
    )
  })
})
