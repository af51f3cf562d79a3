import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { checkData, type WrongRow } from "../../src/history/checkData.ts"
import { rooms } from "./rooms.ts"
import { alice, record, sessionId, turnId } from "./turns.ts"

const checked = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const wrong: Array<WrongRow> = []
  const report = yield* checkData(sql, (row) => Effect.sync(() => void wrong.push(row)))
  return { ...report, wrong: wrong.map(({ path, reason, row }) => `${row}: ${path} ${reason}`) }
})

layer(rooms, { excludeTestServices: true })("a look through the whole database", (it) => {
  it.effect("finds nothing in what the service wrote", () =>
    Effect.gen(function* () {
      const session = sessionId()
      yield* record(alice, session, "question", "answer", "8517.13")
      yield* record(alice, session, "another", "answer")
      assert.deepStrictEqual(yield* checked, { sessions: 1, messages: 4, wrong: [] })
    }),
  )

  it.effect("finds each row that is wrong, says where and why, and changes nothing", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const session = sessionId()
      const ids: Array<string> = []
      for (let n = 0; n < 6; n++) {
        ids.push((yield* record(alice, session, "question", "secret answer", "8517.13")).messageId)
      }
      const [code, button, bookmark, shape, late, streaming] = ids
      for (const check of ["chat_messages_check", "bookmark_is_detected", "hscode_analysis_shares", "session_counts"]) {
        yield* sql.unsafe(
          `ALTER TABLE ${check === "session_counts" ? "chat_sessions" : "chat_messages"} DROP CONSTRAINT ${check}`,
        )
      }
      const set = (id: string | undefined, column: string, value: string) =>
        sql.unsafe(`UPDATE chat_messages SET ${column} = ${value} WHERE message_id = ${id}`)
      const buttons = `[{"type":"HS_CODE","url":"/","title":"t","priority":1,"hscode":"6403.99","generated_at":""}]`
      yield* set(code, "hscode_analysis", `jsonb_set(hscode_analysis, '{detected_hscode}', '"8471.30"')`)
      yield* set(button, "hscode_analysis", `jsonb_set(hscode_analysis, '{detail_buttons}', '${buttons}')`)
      const other = `{"bookmark_available":true,"bookmark_type":"HS_CODE","target_value":"8517.14","display_name":"secret","confidence":1}`
      yield* set(bookmark, "sse_bookmark_data", `'${other}'`)
      yield* set(shape, "hscode_analysis", `jsonb_set(hscode_analysis, '{product_name}', '["secret"]')`)
      yield* set(late, "completed_at", "created_at - interval '1 second'")
      yield* set(streaming, "status", "'streaming'")
      yield* sql`UPDATE chat_sessions SET message_count = 40 WHERE session_uuid = ${session}`
      const orphan = turnId()
      const [lost] = yield* sql<{ id: string }>`
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status)
        VALUES (${session}, ${orphan}, 'AI', 'secret', 'completed') RETURNING message_id::text AS id`
      const before = yield* sql`SELECT * FROM chat_messages ORDER BY message_id`
      const { wrong } = yield* checked
      assert.sameMembers(wrong, [
        `session ${session}: message_count is not the number of messages`,
        `message ${late}: completed_at is before created_at`,
        `message ${lost?.id}: turn_id is an answer without its question in the same session`,
        `message ${streaming}: status is still streaming although nobody has saved it for a minute`,
        `message ${code}: hscode_analysis.detected_hscode is none of the candidates`,
        `message ${button}: hscode_analysis.detail_buttons[0].hscode is none of the candidates`,
        `message ${bookmark}: sse_bookmark_data.target_value is not the detected code`,
        `message ${shape}: hscode_analysis.product_name does not decode`,
      ])
      assert.deepStrictEqual(yield* sql`SELECT * FROM chat_messages ORDER BY message_id`, before)
    }),
  )
})
