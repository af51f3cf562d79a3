/**
 * The tables of this family's older services, brought in place to what 0001 makes, before the others extend them. Rows, ids
 * and columns that are not ours stay; what is missing is added:
 *
 * - a question begins a turn, the answer after it belongs to it, other answers have turns of their own;
 * - times without a zone are UTC, ids of any type become ours, a session's count is what it holds;
 * - a status that nobody noted is `completed`; nothing ends before it begins.
 *
 * What fits nowhere (another message type or status, a message without a session) stops the migration with the name of the
 * rule, and nothing is changed.
 */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

const columns = {
  chat_sessions: {
    session_uuid: "uuid",
    user_id: "text",
    session_title: "text",
    message_count: "integer",
    created_at: "timestamp with time zone",
    updated_at: "timestamp with time zone",
  },
  chat_messages: {
    message_id: "bigint",
    session_uuid: "uuid",
    turn_id: "uuid",
    message_type: "text",
    content: "text",
    status: "text",
    ai_model: "text",
    created_at: "timestamp with time zone",
    completed_at: "timestamp with time zone",
  },
}

const Found = Schema.Array(
  Schema.Struct({ name: Schema.String, type: Schema.String, needed: Schema.Boolean, identity: Schema.Boolean }),
)
const Names = Schema.Array(Schema.Struct({ name: Schema.String }))

const named = (rows: Effect.Effect<ReadonlyArray<object>, unknown>) =>
  Effect.flatMap(rows, Schema.decodeUnknownEffect(Names))

export const areThere = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`SELECT 1 WHERE to_regclass('chat_messages') IS NOT NULL`).length > 0
})

/** Rules of their own would refuse what we write; ours follow. */
const withoutRules = Effect.fnUntraced(function* (table: string) {
  const sql = yield* SqlClient.SqlClient
  const rules = yield* named(
    sql`SELECT conname AS name FROM pg_constraint WHERE conrelid = ${table}::regclass AND contype IN ('c', 'f')`,
  )
  for (const { name } of rules) yield* sql`ALTER TABLE ${sql(table)} DROP CONSTRAINT ${sql(name)}`
})

const converted = (column: string, from: string, to: string): string =>
  from === "timestamp without time zone" ? `${column} AT TIME ZONE 'UTC'` : `${column}::text::${to}`

/** All at once, so that the table is rewritten once. */
const withOurColumns = Effect.fnUntraced(function* (table: string, ours: Record<string, string>) {
  const sql = yield* SqlClient.SqlClient
  const theirs = yield* Effect.flatMap(
    sql`
      SELECT attname AS name, format_type(atttypid, NULL) AS type, attidentity <> '' AS identity,
        attnotnull AND NOT atthasdef AND attidentity = '' AS needed
      FROM pg_attribute WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped`,
    Schema.decodeUnknownEffect(Found),
  )
  const changes = Object.entries(ours).flatMap(([column, type]) => {
    const found = theirs.find(({ name }) => name === column)
    if (found === undefined) return [`ADD COLUMN ${column} ${type}`]
    if (found.type === type) return found.identity ? [] : [`ALTER COLUMN ${column} DROP DEFAULT`]
    const change = `ALTER COLUMN ${column} TYPE ${type} USING ${converted(column, found.type, type)}`
    return found.identity ? [change] : [`ALTER COLUMN ${column} DROP DEFAULT`, change]
  })
  const unknown = theirs.filter(({ name, needed }) => needed && !(name in ours))
  const optional = unknown.map(({ name }) => `ALTER COLUMN "${name.replaceAll('"', '""')}" DROP NOT NULL`)
  yield* sql.unsafe(`ALTER TABLE ${table} ${[...changes, ...optional].join(", ")}`)
  return theirs.some(({ identity }) => identity)
})

/** Numbers go on after the greatest there is. */
const numbered = Effect.fnUntraced(function* (isNumbered: boolean) {
  const sql = yield* SqlClient.SqlClient
  if (!isNumbered) {
    const owned = yield* named(
      sql`SELECT name FROM pg_get_serial_sequence('chat_messages', 'message_id') AS name WHERE name IS NOT NULL`,
    )
    for (const { name } of owned) yield* sql.unsafe(`DROP SEQUENCE ${name}`)
    yield* sql`ALTER TABLE chat_messages ALTER COLUMN message_id SET NOT NULL`
    yield* sql`ALTER TABLE chat_messages ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY`
  }
  yield* sql`ALTER TABLE chat_messages ALTER COLUMN message_id SET GENERATED ALWAYS`
  yield* sql`
    SELECT setval(pg_get_serial_sequence('chat_messages', 'message_id'), greatest(max(message_id), 1), max(message_id) IS NOT NULL)
    FROM chat_messages`
})

const withTurns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Nothing is known yet of columns that are new or have another type, and a plan made without it may take hours.
  yield* sql`ANALYZE chat_messages`
  yield* sql`
    UPDATE chat_messages m SET turn_id = NULL FROM (
      SELECT message_id, row_number() OVER (PARTITION BY turn_id, message_type ORDER BY message_id) AS place
      FROM chat_messages WHERE turn_id IS NOT NULL
    ) again WHERE again.message_id = m.message_id AND place > 1`
  yield* sql`UPDATE chat_messages SET turn_id = gen_random_uuid() WHERE turn_id IS NULL AND message_type = 'USER'`
  yield* sql`ANALYZE chat_messages`
  yield* sql`
    UPDATE chat_messages m SET turn_id = first.turn_id FROM (
      SELECT a.message_id, q.turn_id, row_number() OVER (PARTITION BY q.message_id ORDER BY a.message_id) AS place
      FROM (
        SELECT message_id, turn_id, message_type,
          max(message_id) FILTER (WHERE message_type = 'USER') OVER (PARTITION BY session_uuid ORDER BY message_id) AS question
        FROM chat_messages
      ) a JOIN chat_messages q ON q.message_id = a.question
      WHERE a.message_type = 'AI' AND a.turn_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM chat_messages o WHERE o.turn_id = q.turn_id AND o.message_type = 'AI')
    ) first WHERE first.message_id = m.message_id AND place = 1`
  yield* sql`UPDATE chat_messages SET turn_id = gen_random_uuid() WHERE turn_id IS NULL`
})

const filled = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    UPDATE chat_sessions s SET
      message_count = coalesce(held.count, 0),
      created_at = coalesce(s.created_at, s.updated_at, now()),
      updated_at = coalesce(greatest(s.updated_at, s.created_at), now())
    FROM chat_sessions o LEFT JOIN (SELECT session_uuid, count(*) FROM chat_messages GROUP BY session_uuid) held
      USING (session_uuid)
    WHERE o.session_uuid = s.session_uuid`
  yield* sql`
    UPDATE chat_messages m SET
      content = coalesce(content, ''), status = coalesce(status, 'completed'),
      created_at = coalesce(m.created_at, completed_at, s.created_at),
      completed_at = CASE WHEN completed_at IS NOT NULL THEN greatest(completed_at, m.created_at) END
    FROM chat_sessions s WHERE s.session_uuid = m.session_uuid
      AND (content IS NULL OR status IS NULL OR m.created_at IS NULL OR completed_at < m.created_at)`
})

const unless = Effect.fnUntraced(function* (table: string, constraint: string) {
  const sql = yield* SqlClient.SqlClient
  const there = yield* sql`
    SELECT 1 FROM pg_constraint WHERE conrelid = ${table}::regclass AND pg_get_constraintdef(oid) = ${constraint}`
  if (there.length === 0) yield* sql.unsafe(`ALTER TABLE ${table} ADD ${constraint}`)
})

const withOurRules = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* unless("chat_sessions", "PRIMARY KEY (session_uuid)")
  yield* sql`
    ALTER TABLE chat_sessions
      ALTER COLUMN user_id SET NOT NULL,
      ALTER COLUMN message_count SET NOT NULL, ALTER COLUMN message_count SET DEFAULT 0,
      ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now(),
      ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN updated_at SET DEFAULT now()`
  yield* unless("chat_messages", "PRIMARY KEY (message_id)")
  yield* unless("chat_messages", "UNIQUE (turn_id, message_type)")
  yield* sql`
    ALTER TABLE chat_messages
      ALTER COLUMN session_uuid SET NOT NULL,
      ALTER COLUMN turn_id SET NOT NULL,
      ALTER COLUMN message_type SET NOT NULL,
      ALTER COLUMN content SET NOT NULL,
      ALTER COLUMN status SET NOT NULL,
      ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN created_at SET DEFAULT now(),
      ADD FOREIGN KEY (session_uuid) REFERENCES chat_sessions ON DELETE CASCADE,
      ADD CHECK (message_type IN ('USER', 'AI')),
      ADD CHECK (status IN ('streaming', 'completed', 'partial', 'cancelled', 'failed')),
      ADD CHECK (completed_at >= created_at)`
})

export const adopt = Effect.gen(function* () {
  for (const table of Object.keys(columns)) yield* withoutRules(table)
  yield* withOurColumns("chat_sessions", columns.chat_sessions)
  yield* numbered(yield* withOurColumns("chat_messages", columns.chat_messages))
  yield* withTurns
  yield* filled
  yield* withOurRules
})
