import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { SessionId, UserId } from "../../src/domain/Turn.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import * as Database from "../../src/platform/Database.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { history } from "../history/rooms.ts"
import { record, sessionId } from "../history/turns.ts"
import { emptyDatabase } from "./TestDatabase.ts"

const empty = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`DROP SCHEMA public CASCADE`
  yield* sql`CREATE SCHEMA public`
})

const fill = Effect.fnUntraced(function* (name: string) {
  const sql = yield* PgClient.PgClient
  yield* empty
  const text = readFileSync(new URL(`older/${name.replaceAll(" ", "-")}.sql`, import.meta.url), "utf8")
  for (const statement of text.split(/;\n/).filter((part) => /\w/.test(part))) yield* sql.unsafe(statement)
})

/** What the database promises, but for columns that are not ours. */
const promises = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const columns = yield* sql`
    SELECT attrelid::regclass::text AS table, attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS needed,
      attidentity::text AS identity, pg_get_expr(adbin, adrelid) AS default
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid IN ('chat_messages'::regclass, 'chat_sessions'::regclass) AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('thinking_process', 'channel') ORDER BY 1, 2`
  const rules = yield* sql`
    SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS rule FROM pg_constraint
    WHERE conrelid IN ('chat_messages'::regclass, 'chat_sessions'::regclass) AND contype <> 'n' ORDER BY 1, 2`
  const indexes = yield* sql`
    SELECT indexdef FROM pg_indexes WHERE tablename IN ('chat_messages', 'chat_sessions') ORDER BY 1`
  return { columns, rules, indexes }
})

const all = { page: 1, size: 9 }
const [seven, eight] = [UserId.make("7"), UserId.make("8")]
const leather = SessionId.make("00000000-0000-4000-8000-000000000001")

layer(history.pipe(Layer.provideMerge(emptyDatabase)))("the tables of older services", (it) => {
  const cases: ReadonlyArray<{ name: string; updated: string; held: Array<[string, string]> }> = [
    {
      name: "before the detail page",
      updated: "2025-03-01T01:00:09.500Z",
      held: [
        ["101", "2025-03-01T01:00:00.000Z"],
        ["102", "2025-03-01T01:00:01.000Z"],
      ],
    },
    {
      name: "before turns",
      updated: "2025-03-01T01:00:00.000Z",
      held: [
        ["101", "2025-03-01T01:00:00.000Z"],
        ["206", "2025-03-01T01:00:09.500Z"],
        ["207", "2025-03-01T01:00:00.000Z"],
      ],
    },
  ]
  it.effect.each(cases)("become ours with every row, and go on ($name)", ({ held, name, updated }) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const reader = yield* HistoryReader
      const records = yield* MemberRecords
      yield* empty
      yield* Database.migrate
      const ours = yield* promises
      yield* fill(name)
      const said = sql`SELECT message_id::bigint AS id, message_type::text, content, ai_model::text FROM chat_messages ORDER BY 1`
      const before = yield* said
      yield* Database.migrate
      assert.deepStrictEqual(yield* promises, ours)
      assert.deepStrictEqual(yield* said, before)

      const listed = yield* reader.list(seven, all)
      assert.deepStrictEqual(
        listed.sessions.map(({ messageCount, title, updatedAt }) => [title, messageCount, updatedAt]),
        [["가죽 지갑", held.length, updated]],
      )
      const found = yield* reader.search(seven, { ...all, keyword: "지갑" })
      assert.deepStrictEqual(
        found.messages.map(({ messageId }) => messageId),
        ["101"],
      )
      const { messages } = yield* reader.session(seven, leather)
      assert.deepStrictEqual(
        messages.map(({ createdAt, messageId }) => [messageId, createdAt]),
        held,
      )
      const turns = yield* sql`SELECT turn_id FROM chat_messages WHERE session_uuid = ${leather} ORDER BY message_id`
      assert.deepStrictEqual(turns[1], turns[0])
      assert.strictEqual(new Set(turns.map((turn) => turn["turn_id"])).size, held.length - 1)

      const { messageId, messageCount } = yield* record(seven, leather, "손목시계는?", "9101입니다")
      assert.strictEqual(messageCount, held.length + 2)
      assert.isAbove(Number(messageId), Number(before.at(-1)?.["id"]))
      yield* record(eight, sessionId(), "한 번 더", "네")
      yield* records.eraseAll(eight)
      assert.deepStrictEqual(yield* sql`SELECT DISTINCT user_id FROM chat_messages`, [{ user_id: "7" }])
    }),
  )

  it.effect("keep columns that are not ours, which need not be filled from now on", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* fill("before turns")
      const theirs = sql`SELECT thinking_process, channel FROM chat_messages ORDER BY message_id`
      const before = yield* theirs
      yield* Database.migrate
      yield* record(seven, leather, "손목시계는?", "9101입니다")
      const none = { thinking_process: null, channel: null }
      assert.deepStrictEqual(yield* theirs, [...before, none, none])
    }),
  )

  it.effect("stay as they are when a row fits nowhere, and the start says which rule it breaks", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* fill("before the detail page")
      yield* sql`UPDATE chat_messages SET message_type = 'SYSTEM' WHERE message_id = 205`
      const rows = sql`SELECT * FROM chat_messages ORDER BY message_id`
      const before = yield* rows
      const { url } = yield* EmbeddedPostgres
      const variables = ConfigProvider.fromEnvRecord({ DATABASE_URL: Redacted.value(url) })
      const start = Layer.build(Database.layer.pipe(Layer.provide(ConfigProvider.layer(variables))))
      assert.match(
        (yield* Effect.flip(Effect.scoped(start))).message,
        /^cannot migrate the database \(.*"chat_messages_message_type_check".*\): /,
      )
      assert.deepStrictEqual(yield* rows, before)
    }),
  )
})
