import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Locks `chat_messages` against everybody while the index reads it (1,000,000 messages: a second); no row is rewritten, and the
 * index holds only answers that are being written.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE chat_messages ADD COLUMN saved_at timestamptz`
  yield* sql`CREATE INDEX chat_messages_streaming ON chat_messages (saved_at) WHERE status = 'streaming'`
})
