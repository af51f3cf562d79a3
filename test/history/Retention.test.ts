import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { ConfigProvider, Deferred, Effect, Layer, Schedule } from "effect"
import { UserId } from "../../src/domain/Turn.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import * as Retention from "../../src/history/Retention.ts"
import { rooms } from "./rooms.ts"
import { record, sessionId } from "./turns.ts"

const keeping = (HISTORY_RETENTION: string) =>
  Layer.build(
    Retention.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HISTORY_RETENTION })))),
  )

const ago = (days: number, content: string) =>
  Effect.flatMap(
    PgClient.PgClient,
    (sql) => sql`
      UPDATE chat_messages SET created_at = now() - make_interval(days => ${days}::int), completed_at = now()
      WHERE content = ${content}`,
  )

layer(rooms, { excludeTestServices: true })("retention", (it) => {
  it.effect("forgets old messages in batches, sessions with their last one, and keeps the rest and its count", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const sql = yield* PgClient.PgClient
      const [alice, old, mixed] = [UserId.make("alice"), sessionId(), sessionId()]
      yield* record(alice, old, "old question", "old answer")
      yield* record(alice, mixed, "old question", "old answer")
      yield* record(alice, mixed, "new question", "new answer")
      yield* sql`
        INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status)
        SELECT ${old}, gen_random_uuid(), 'USER', 'old question', 'completed' FROM generate_series(1, 1200)`
      yield* ago(31, "old question")
      yield* ago(31, "old answer")
      const left = Effect.map(reader.list(alice, { page: 1, size: 9 }), ({ sessions }) => sessions)
      yield* keeping("30 days")
      const sessions = yield* left.pipe(
        Effect.repeat({ until: (sessions) => sessions.length === 1, schedule: Schedule.spaced("50 millis") }),
        Effect.timeout("20 seconds"),
      )
      assert.deepStrictEqual(
        sessions.map(({ messageCount, title }) => [title, messageCount]),
        [["old question", 2]],
      )
      assert.deepStrictEqual(
        (yield* reader.session(alice, mixed)).messages.map(({ content }) => content),
        ["new question", "new answer"],
      )
    }),
  )

  it.effect("passes over a session that a turn is writing to", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const sql = yield* PgClient.PgClient
      const [bob, busy, idle] = [UserId.make("bob"), sessionId(), sessionId()]
      yield* record(bob, busy, "busy question", "busy answer")
      yield* record(bob, idle, "idle question", "idle answer")
      for (const content of ["busy question", "busy answer", "idle question", "idle answer"]) yield* ago(31, content)
      const locked = yield* Deferred.make<void>()
      yield* sql`SELECT 1 FROM chat_sessions WHERE session_uuid = ${busy} FOR NO KEY UPDATE`.pipe(
        Effect.andThen(Deferred.succeed(locked, undefined)),
        Effect.andThen(Effect.never),
        sql.withTransaction,
        Effect.forkScoped,
      )
      yield* Deferred.await(locked)
      yield* keeping("30 days")
      yield* Effect.flip(reader.session(bob, idle)).pipe(
        Effect.retry(Schedule.spaced("50 millis")),
        Effect.timeout("20 seconds"),
      )
      assert.strictEqual((yield* reader.session(bob, busy)).messages.length, 2)
    }),
  )

  it.effect("a time that is too short to be meant is refused", () =>
    Effect.gen(function* () {
      for (const wrong of ["30", "0 days", "-1 days", "5 seconds"]) {
        assert.strictEqual((yield* Effect.flip(keeping(wrong)))._tag, "ConfigError", wrong)
      }
    }),
  )
})
