import { assert, it, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { ConfigProvider, Duration, Effect, Layer } from "effect"
import { UserId } from "../../src/domain/Turn.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { makeLastWrites } from "../../src/history/lastWrites.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { ReadDatabase } from "../../src/history/ReadDatabase.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"
import { history } from "./rooms.ts"
import { Replica, replicated } from "./Replica.ts"
import { record, sessionId } from "./turns.ts"

const page = { page: 1, size: 9 }

/** Whether the member's reads go to the replica now. */
const onReplica = (member: UserId) =>
  Effect.gen(function* () {
    const { read } = yield* ReadDatabase
    const rows = yield* read(member, (sql) => sql`SELECT pg_is_in_recovery() AS replica`)
    return rows[0]?.["replica"]
  })

layer(replicated, { excludeTestServices: true })("history with a replica", (it) => {
  it.effect("a member who has written nothing lately reads from the replica, whole pages and sessions", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const replica = yield* Replica
      const [ann, session] = [UserId.make("ann"), sessionId()]
      yield* record(ann, session, "가죽 지갑", "4202.31", "4202.31")
      yield* replica.catchUp
      assert.isTrue(yield* onReplica(ann))
      assert.isTrue(yield* onReplica(UserId.make("stranger")))
      assert.strictEqual((yield* reader.list(ann, page)).summary.totalMessages, 2)
      assert.strictEqual((yield* reader.session(ann, session)).messages.length, 2)
      assert.strictEqual((yield* reader.search(ann, { ...page, keyword: "지갑" })).messages.length, 1)
    }),
  )

  it.effect("a member's own last write is always there; another's reads stay on the replica meanwhile", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const records = yield* MemberRecords
      const replica = yield* Replica
      const [ben, session] = [UserId.make("ben"), sessionId()]
      yield* replica.pause
      yield* record(ben, session, "커피", "0901.21", "0901.21")
      assert.strictEqual((yield* reader.list(ben, page)).summary.totalMessages, 2)
      assert.isFalse(yield* onReplica(ben))
      assert.isTrue(yield* onReplica(UserId.make("carl")))
      yield* replica.catchUp
      assert.isTrue(yield* onReplica(ben))
      yield* replica.pause
      yield* records.eraseSession(ben, session)
      assert.strictEqual((yield* reader.list(ben, page)).summary.totalMessages, 0)
      yield* replica.catchUp
    }),
  )

  it.effect("what another instance wrote is found even when the replica has not got it yet", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const replica = yield* Replica
      const sql = yield* PgClient.PgClient
      const [dora, session] = [UserId.make("dora"), sessionId()]
      yield* replica.pause
      yield* sql`INSERT INTO chat_sessions (session_uuid, user_id, session_title) VALUES (${session}, ${dora}, 'elsewhere')`
      assert.strictEqual((yield* reader.session(dora, session)).session.title, "elsewhere")
      yield* replica.catchUp
    }),
  )

  it.effect("a replica that does not answer costs one wait, then the primary serves", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const replica = yield* Replica
      const emma = UserId.make("emma")
      yield* record(emma, sessionId(), "텐트", "6306.22", "6306.22")
      yield* replica.catchUp
      yield* replica.freeze
      assert.strictEqual((yield* reader.list(emma, page)).summary.totalMessages, 2)
      const [took] = yield* Effect.timed(reader.list(emma, page))
      assert.isBelow(Duration.toMillis(took), 1000)
    }),
  )
})

it.live("an address that is none is refused", () =>
  Effect.gen(function* () {
    const wrong = ConfigProvider.layer(ConfigProvider.fromEnvRecord({ DATABASE_READ_URL: "hunter2" }))
    const failed = yield* Effect.flip(
      Layer.build(ReadDatabase.layer.pipe(Layer.provide(wrong), Layer.provide(migratedDatabase))),
    )
    assert.match(String(failed), /expected postgres:/)
    assert.notInclude(String(failed), "hunter2")
  }),
)

it.live("where nobody is at the address of the replica, the primary serves", () =>
  Effect.gen(function* () {
    const reader = yield* HistoryReader
    const fred = UserId.make("fred")
    yield* record(fred, sessionId(), "침낭", "9404.30", "9404.30")
    assert.strictEqual((yield* reader.list(fred, page)).summary.totalMessages, 2)
  }).pipe(
    Effect.provide(
      history.pipe(
        Layer.provide(
          ConfigProvider.layer(ConfigProvider.fromEnvRecord({ DATABASE_READ_URL: "postgres://u@127.0.0.1:1/x" })),
        ),
        Layer.provide(migratedDatabase),
      ),
    ),
  ),
)

it("whoever is dropped from the last writes still waits for a position that is late enough", () => {
  const writes = makeLastWrites(2)
  writes.set("ann", "0/10")
  writes.set("ben", "0/20")
  assert.isUndefined(writes.of("stranger"))
  writes.set("ann", "0/30")
  writes.set("carl", null)
  assert.deepStrictEqual(["ann", "ben", "carl"].map(writes.of), ["0/30", "0/20", null])
  writes.resolve("carl", "0/40")
  writes.reached("ann", "0/10")
  assert.deepStrictEqual(["ann", "carl"].map(writes.of), ["0/30", "0/40"])
  writes.reached("ann", "0/30")
  writes.reached("ben", "0/20")
  assert.deepStrictEqual(["ann", "ben", "carl"].map(writes.of), [undefined, undefined, "0/40"])
})
