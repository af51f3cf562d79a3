import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Locks nothing: both tables are new. */
export default Effect.gen(function* () {
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
  yield* sql`CREATE INDEX chat_sessions_by_user ON chat_sessions (user_id, updated_at DESC, session_uuid)`
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
  yield* sql`CREATE INDEX chat_messages_by_session ON chat_messages (session_uuid, message_id)`
})
