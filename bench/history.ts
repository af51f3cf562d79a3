/**
 * How fast members read their history back among `MESSAGES` of everybody's, and by which indexes:
 * `node bench/history.ts [MESSAGES]`, 200,000 unless told otherwise. The messages are there before the migrations that
 * index them, so that these are timed as well.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { PgClient, PgMigrator } from "@effect/sql-pg"
import { ConfigProvider, Console, Effect, FileSystem, Layer, Stream } from "effect"
import { fromFileSystem } from "effect/sql/MigratorFileSystem"
import { fileURLToPath } from "node:url"
import { HsCode } from "../src/domain/HsCode.ts"
import { UserId } from "../src/domain/Turn.ts"
import { ofMessages, ofSessions } from "../src/history/filters.ts"
import { HistoryReader } from "../src/history/HistoryReader.ts"
import { Journal } from "../src/history/Journal.ts"
import { MemberRecords } from "../src/history/MemberRecords.ts"
import { ReadDatabase } from "../src/history/ReadDatabase.ts"
import { validate } from "../src/history/ValidChecks.ts"
import { migrate } from "../src/platform/Database.ts"
import { EmbeddedPostgres } from "../src/platform/EmbeddedPostgres.ts"
import { commonplace, goods, seed } from "./seedHistory.ts"

const messages = Number(process.argv[2] ?? 200_000)
const samples = 200
const lastBeforeSearch = 5

const migrations = fromFileSystem(fileURLToPath(new URL("../migrations", import.meta.url)))
const older = PgMigrator.run({
  loader: Effect.map(migrations, (all) => all.filter(([id]) => id <= lastBeforeSearch)),
})

const busy = UserId.make("busy")
const member = (n: number) => UserId.make(`member${n % Math.ceil(messages / 500)}`)
const good = (n: number) => goods[n % goods.length] ?? ""

const said = (values: ReadonlyArray<number>): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)} ms`
  return `median ${at(0.5)}, p95 ${at(0.95)}`
}

const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const started = performance.now()
    yield* work
    return performance.now() - started
  })

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`

const prepare = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* older
  const seeding = yield* timed(seed(sql, messages))
  const indexing = yield* timed(migrate)
  const proving = yield* timed(validate)
  yield* sql`VACUUM ANALYZE chat_messages`
  yield* sql`VACUUM ANALYZE chat_sessions`
  const sizes = yield* sql`
    SELECT pg_size_pretty(pg_table_size('chat_messages')) AS messages,
      pg_size_pretty(pg_relation_size('chat_messages_by_pairs')) AS pairs`
  yield* Console.log(
    `${messages.toLocaleString("en-US")} messages seeded in ${seconds(seeding)}; migrated (tables locked) in ${seconds(indexing)}, ` +
      `checks proven (nothing locked) in ${seconds(proving)}; ${JSON.stringify(sizes[0])}`,
  )
})

const measure = Effect.gen(function* () {
  const reader = yield* HistoryReader
  const half = Math.ceil(messages / 10 / 20 / 20 / 2)
  const page = { page: 1, size: 20 }
  const cases: ReadonlyArray<readonly [string, (n: number) => Effect.Effect<unknown, unknown>]> = [
    ["page of a member", (n) => reader.list(member(n), page)],
    ["page of the busy member, the middle one", () => reader.list(busy, { page: half, size: 20 })],
    ["page narrowed by a word", (n) => reader.list(member(n), { ...page, keyword: good(n) })],
    ["page of the busy member by a word", (n) => reader.list(busy, { ...page, keyword: good(n) })],
    ["page by a heading", (n) => reader.list(busy, { ...page, hscode: HsCode.make(`${1000 + n}`) })],
    ["search of a member", (n) => reader.search(member(n), { ...page, keyword: good(n) })],
    ["search of the busy member", (n) => reader.search(busy, { ...page, keyword: good(n) })],
    [
      "search of the busy member for two words",
      (n) => reader.search(busy, { ...page, keyword: `${good(n)} ${good(n + 7)}` }),
    ],
    [
      "search of a member for one character",
      (n) => reader.search(member(n), { ...page, keyword: good(n).slice(0, 1) }),
    ],
    [
      "search of the busy member for what all answers hold",
      () => reader.search(busy, { ...page, keyword: commonplace }),
    ],
  ]
  for (const [name, one] of cases) {
    const times: Array<number> = []
    for (let n = 0; n < samples; n++) times.push(yield* timed(one(n)))
    yield* Console.log(`${name}: ${said(times)}`)
  }
})

const exporting = Effect.gen(function* () {
  const records = yield* MemberRecords
  let [lines, most] = [0, 0]
  const before = process.memoryUsage().rss
  const took = yield* timed(
    Stream.runForEach(records.export(busy), () =>
      Effect.sync(() => {
        if (lines++ % 1000 === 0) most = Math.max(most, process.memoryUsage().rss)
      }),
    ),
  )
  yield* Console.log(
    `export of the busy member: ${lines.toLocaleString("en-US")} lines in ${seconds(took)}, ${Math.max(0, (most - before) / 1e6).toFixed(0)} MB more memory at most`,
  )
})

const explain = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const page = { page: 1, size: 20 }
  const plans = {
    page: sql`
      SELECT s.session_uuid FROM chat_sessions s WHERE ${ofSessions(sql, busy, page)}
      ORDER BY s.updated_at DESC, s.session_uuid LIMIT 20 OFFSET 100`,
    search: sql`SELECT m.message_id FROM chat_messages m WHERE ${ofMessages(sql, busy, ["지갑"], page)}`,
    code: sql`SELECT s.session_uuid FROM chat_sessions s WHERE ${ofSessions(sql, busy, { ...page, hscode: HsCode.make("1005") })}`,
  }
  for (const [name, query] of Object.entries(plans)) {
    const lines = yield* sql`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) ${query}`
    yield* Console.log([`\n${name}:`, ...lines.map((line) => `  ${String(line["QUERY PLAN"])}`)].join("\n"))
  }
})

const server = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return EmbeddedPostgres.layer(yield* fs.makeTempDirectoryScoped())
  }),
)

/** An empty one, not that of a service. */
const journal = Layer.unwrap(
  Effect.gen(function* () {
    const DATA_DIR = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    return Journal.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ DATA_DIR }))))
  }),
)

const rooms = Layer.merge(HistoryReader.layer, MemberRecords.layer).pipe(
  Layer.provide(journal),
  Layer.provide(ReadDatabase.layer),
  Layer.provideMerge(Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url })))),
  Layer.provide(server),
  Layer.provide(NodeServices.layer),
)

NodeRuntime.runMain(
  Effect.all([prepare, measure, exporting, explain], { discard: true }).pipe(
    Effect.provide([rooms, NodeServices.layer]),
  ),
)
