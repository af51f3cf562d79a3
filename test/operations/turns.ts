/** Turns that are recorded while a backup is taken, and what must be there of them afterwards. */
import { PgClient } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { UserId } from "../../src/domain/Turn.ts"
import { history } from "../history/rooms.ts"
import { record, sessionId } from "../history/turns.ts"

/** The history's rooms over a server. */
export const historyAt = (url: string) => history.pipe(Layer.provideMerge(PgClient.layer({ url: Redacted.make(url) })))

const position = (lsn: string): bigint => lsn.split("/").reduce((sum, half) => (sum << 32n) + BigInt(`0x${half}`), 0n)

export interface Committed {
  readonly messageId: string
  /** The end of the log when the commit was known. */
  readonly lsn: string
}

export const isBefore = (lsn: string) => (turn: Committed) => position(turn.lsn) <= position(lsn)

/** Three members at once record turns for as long as the scope is open; those that are committed appear in the list. */
export const recording = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const committed: Array<Committed> = []
  const one = Effect.fnUntraced(function* (member: string, session: ReturnType<typeof sessionId>, n: number) {
    const { messageId } = yield* record(
      UserId.make(member),
      session,
      `${member} 질문 ${n}`,
      `답 ${n} `.repeat(50),
      "8517.13",
    )
    const [row] = yield* sql`SELECT pg_current_wal_lsn()::text AS lsn`
    committed.push({ messageId, lsn: String(row?.["lsn"]) })
  })
  for (const member of ["alice", "bob", "carol"]) {
    const several = Array.from({ length: 20 }, sessionId)
    let n = 0
    yield* Effect.suspend(() => one(member, several[n % several.length]!, n++)).pipe(
      Effect.repeat(Schedule.spaced("5 millis")),
      Effect.forkScoped,
    )
  }
  return committed
})

const Rows = Schema.Array(Schema.Struct({ table: Schema.String, row: Schema.String }))

/** Every row of every table, as text. */
export const everyRow = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const tables = yield* sql`
    SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`
  const found = yield* Effect.forEach(tables, ({ name }) =>
    Effect.flatMap(
      sql`SELECT ${String(name)}::text AS table, to_jsonb(t)::text AS row FROM ${sql(String(name))} t ORDER BY 2`,
      Schema.decodeUnknownEffect(Rows),
    ),
  )
  return Map.groupBy(found.flat(), ({ table }) => table)
})

type Everything = Effect.Success<typeof everyRow>

const messagesOf = (all: Everything) =>
  new Map((all.get("chat_messages") ?? []).map(({ row }) => [String(JSON.parse(row)["message_id"]), row] as const))

/**
 * Row by row: all that is expected is there, nothing is there that never was, a session counts what it has, and what was
 * not written to meanwhile is the same.
 */
export const prove = (before: Everything, after: Everything, expected: ReadonlyArray<Committed>) => {
  const [original, restored] = [messagesOf(before), messagesOf(after)]
  for (const { messageId } of expected) assert.isTrue(restored.has(messageId), `message ${messageId} is gone`)
  for (const [id, row] of restored) assert.strictEqual(row, original.get(id))
  const inSession = Map.groupBy(
    [...restored.values()].map((row) => JSON.parse(row)),
    (message) => message["session_uuid"],
  )
  for (const { row } of after.get("chat_sessions") ?? []) {
    const { message_count, session_uuid } = JSON.parse(row)
    assert.strictEqual(message_count, inSession.get(session_uuid)?.length)
  }
  assert.deepStrictEqual([...after.keys()], [...before.keys()])
  for (const [table, rows] of before)
    if (table !== "chat_messages" && table !== "chat_sessions") assert.deepStrictEqual(after.get(table), rows)
}
