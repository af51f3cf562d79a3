import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as OlderTables from "../src/platform/olderTables.ts"

const create = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE chat_sessions (
      session_uuid uuid PRIMARY KEY,
      user_id text NOT NULL,
      session_title text,
      message_count int NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`
  yield* sql`
    CREATE TABLE chat_messages (
      message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      session_uuid uuid NOT NULL REFERENCES chat_sessions ON DELETE CASCADE,
      turn_id uuid NOT NULL,
      message_type text NOT NULL CHECK (message_type IN ('USER', 'AI')),
      content text NOT NULL,
      status text NOT NULL CHECK (status IN ('streaming', 'completed', 'partial', 'cancelled', 'failed')),
      ai_model text,
      created_at timestamptz NOT NULL DEFAULT now(),
      completed_at timestamptz,
      UNIQUE (turn_id, message_type),
      CHECK (completed_at >= created_at)
    )`
})

/**
 * Locks nothing: both tables are new. Where an older service of the family left them, they are brought to the same, and locked
 * against everybody while that rewrites them (1,000,000 messages: half a minute).
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* (yield* OlderTables.areThere) ? OlderTables.adopt : create
  yield* sql`
    CREATE INDEX IF NOT EXISTS chat_sessions_by_user ON chat_sessions (user_id, updated_at DESC, session_uuid)`
  yield* sql`CREATE INDEX IF NOT EXISTS chat_messages_by_session ON chat_messages (session_uuid, message_id)`
})
