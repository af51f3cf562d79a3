import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "vitest"
import initial from "../../migrations/0001_chat_sessions_and_messages.ts"
import extension from "../../migrations/0002_detail_page_analysis.ts"
import { migrate } from "../../src/platform/Database.ts"
import { emptyDatabase } from "./TestDatabase.ts"

const session = "00000000-0000-4000-8000-000000000001"
const turn = "00000000-0000-4000-8000-000000000002"

const folder = new URL("../../migrations/", import.meta.url)
const files = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")] as const)

/** What the release before would miss or could not write to. */
const takesAway = /\bDROP (?:TABLE|COLUMN)\b|\bRENAME\b|\bSET DATA TYPE\b|\bALTER COLUMN \w+ TYPE\b/i
const demands = /ALTER COLUMN (\w+) SET NOT NULL/gi

test.each(files)("%s leaves the release before it what it uses", (_, text) => {
  if (/\bcontract: since \d/.test(text)) return
  assert.notMatch(text, takesAway)
  for (const [, column = ""] of text.matchAll(demands)) assert.include(text, `ADD COLUMN ${column}`)
})

test.each(files)("%s says whether it locks, and how long with 1,000,000 rows", (_, text) => {
  const said = text.slice(0, text.indexOf("export default")).replaceAll(/\s+\*?\s*/g, " ")
  assert.match(said, /[Ll]ocks nothing|[Ll]ocks .*(1,000,000 messages: \S|however many rows)/)
})

layer(emptyDatabase)("migrations", (it) => {
  it.effect("extend a table that is filled and keep its rows", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* initial
      yield* sql`INSERT INTO chat_sessions (session_uuid, user_id) VALUES (${session}, 'alice')`
      yield* sql`INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status) VALUES (${session}, ${turn}, 'AI', 'before', 'completed')`
      yield* extension
      const rows = yield* sql`SELECT content, hscode_analysis, detail_page_processing_time FROM chat_messages`
      assert.deepStrictEqual(rows, [{ content: "before", hscode_analysis: null, detail_page_processing_time: null }])
      yield* sql`DROP TABLE chat_messages, chat_sessions`
    }),
  )

  it.effect("run once when two instances start at the same time", () =>
    Effect.gen(function* () {
      const ran = yield* Effect.all([migrate, migrate], { concurrency: "unbounded" })
      assert.deepStrictEqual(ran.map((done) => done.length).sort(), [0, 9])
    }),
  )

  it.effect("leave a database that refuses what the schemas do not promise", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`INSERT INTO chat_sessions (session_uuid, user_id) VALUES (${session}, 'alice')`
      const insert = (analysis: unknown) => sql`
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, hscode_analysis)
        VALUES (${session}, ${turn}, 'AI', 'x', 'completed', ${sql.json(analysis)})`
      for (const wrong of [{ detected_hscode: "851713" }, { classification_confidence: 1.5 }]) {
        assert.strictEqual((yield* Effect.flip(insert(wrong)))._tag, "SqlError")
      }
      yield* insert({ detected_hscode: "8517.13", classification_confidence: 0.5 })
    }),
  )
})
