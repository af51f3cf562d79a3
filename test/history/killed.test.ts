/**
 * PostgreSQL killed at every moment of a turn's writes, and brought back: what the reader was told, and what is there
 * afterwards. `docs/records.md` has the matrix.
 */
import { PgClient } from "@effect/sql-pg"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, FileSystem, Layer, Schedule, Stream } from "effect"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { SessionId } from "../../src/domain/Turn.ts"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { Journal } from "../../src/history/Journal.ts"
import { migrate } from "../../src/platform/Database.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { ask, chatTurn, harmonizedSystem, modelWaiting } from "../chat/TestRooms.ts"
import { historyWith } from "./rooms.ts"
import { alice } from "./turns.ts"

/** Where the server that is killed keeps its data. */
let dataDir = ""
const rooms = Layer.unwrap(
  Effect.gen(function* () {
    dataDir = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
    return historyWith({ DATA_DIR: dataDir }).pipe(
      Layer.provideMerge(Layer.effectDiscard(migrate)),
      Layer.provideMerge(Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url })))),
      Layer.provideMerge(EmbeddedPostgres.layer(dataDir)),
    )
  }),
).pipe(Layer.provideMerge(harmonizedSystem), Layer.provideMerge(NodeServices.layer))

const often = Schedule.spaced("20 millis")
const patiently = Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 150 }))

const kill = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  Effect.map(fs.readFileString(`${dataDir}/postgres/postmaster.pid`), (text) =>
    process.kill(Number(text.split("\n")[0]), "SIGKILL"),
  ),
)
const back = Effect.flatMap(PgClient.PgClient, (sql) => Effect.retry(sql`SELECT 1`, patiently))

/** Waits until a statement with these words waits for that. */
const waiting = (event: "relation" | "SyncRep", ...words: ReadonlyArray<string>) =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    Effect.forEach(
      words,
      (word) =>
        Effect.repeat(
          sql`SELECT 1 FROM pg_stat_activity WHERE wait_event = ${event} AND position(${word} IN query) > 0
            AND pid <> pg_backend_pid()`,
          { until: (rows) => rows.length > 0, schedule: often },
        ),
      { discard: true },
    ),
  )
const [begins, saves, completes] = ["WITH created", "'streaming', now()", "WITH asked"] as const

/** Nothing is written from now on, and nothing fails, until the server is killed. */
const lock = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const locked = yield* Deferred.make<void>()
  yield* sql`LOCK TABLE chat_messages IN SHARE MODE`.pipe(
    Effect.andThen(Deferred.succeed(locked, undefined)),
    Effect.andThen(Effect.never),
    sql.withTransaction,
    Effect.exit,
    Effect.forkScoped,
  )
  yield* Deferred.await(locked)
})

/** Whatever is committed from now on is on the disk, and nobody is told, until the server is killed. */
const silence = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`
  yield* sql`SELECT pg_reload_conf()`
  yield* Effect.repeat(sql`SELECT 1 WHERE current_setting('synchronous_standby_names') = 'nobody'`, {
    until: (rows) => rows.length > 0,
    schedule: often,
  })
  yield* sql`ALTER SYSTEM RESET synchronous_standby_names`
})

/** A turn of a new session, whose answer ends when it is told to. */
const asked = Effect.gen(function* () {
  const go = yield* Deferred.make<void>()
  const history = yield* ChatHistory
  const chat = yield* Layer.build(Layer.fresh(chatTurn(modelWaiting(go), Layer.succeed(ChatHistory, history))))
  const { events, turnId } = yield* Effect.flatMap(ChatTurn, (turns) =>
    turns.start(ask({ _tag: "Member", userId: alice }, { language: "en" })),
  ).pipe(Effect.provide(chat))
  const said: Array<ChatEvent> = []
  const reading = yield* events.pipe(
    Stream.runForEach(({ data }) => Effect.sync(() => said.push(JSON.parse(data)))),
    Effect.forkScoped,
  )
  const first = () => said.find((event) => event.eventType === "initial_metadata")
  yield* Effect.repeat(Effect.void, { until: () => first() !== undefined, schedule: often })
  return {
    turnId,
    sessionId: SessionId.make(first()?.sessionId ?? ""),
    tell: Deferred.succeed(go, undefined),
    heard: (name: ChatEvent["eventType"]) =>
      Effect.repeat(Effect.void, { until: () => said.some(({ eventType }) => eventType === name), schedule: often }),
    /** What the reader was told of the record, to the end of the turn. */
    told: Effect.as(Fiber.join(reading), said).pipe(
      Effect.map((all) =>
        all.flatMap((event) =>
          event.eventType === "error"
            ? [`${event.errorCode} ${event.recoverable} ${event.message}`]
            : event.eventType === "member_session_created" || event.eventType === "member_record_saved"
              ? [event.eventType]
              : [],
        ),
      ),
    ),
  }
})

type Asked = Effect.Success<typeof asked>

/** What is there of it when the server is back: the messages, each with its status, in order. */
const kept = ({ sessionId }: Asked) =>
  Effect.gen(function* () {
    const read = yield* Effect.retry((yield* HistoryReader).session(alice, sessionId), {
      while: ({ _tag }) => _tag === "HistoryUnavailable",
      schedule: patiently,
    })
    assert.strictEqual(read.session.messageCount, read.messages.length)
    return read.messages.map(({ content, messageType, status }) => [messageType, content, status])
  })

const question = ["USER", "8517.13 관세율", "completed"]
const whole = [question, ["AI", "first second", "completed"]]
const postponed = "RECORD_NOT_SAVED true The conversation cannot be recorded right now and will be saved later."
const lost = "RECORD_NOT_SAVED true The conversation could not be recorded."
const shortened = (told: ReadonlyArray<string>) =>
  told.map((line) => line.replace(/ The answer is not affected\.$/, ""))

const savedWhole = Effect.fnUntraced(function* (turn: Asked) {
  const told = yield* turn.told
  assert.strictEqual(told.at(-1), "member_record_saved")
  assert.deepStrictEqual(yield* kept(turn), whole)
  return told
})

const both = ["member_session_created", "member_record_saved"]

layer(rooms, { excludeTestServices: true })("PostgreSQL killed", (it) => {
  it.effect("before a turn's first and before its last write: it is waited for, and all is there", () =>
    Effect.gen(function* () {
      const last = yield* asked
      yield* last.heard("member_session_created")
      yield* kill
      const first = yield* asked
      yield* Effect.all([first.tell, last.tell])
      assert.deepStrictEqual(yield* savedWhole(first), both)
      assert.deepStrictEqual(yield* savedWhole(last), both)
    }).pipe(Effect.scoped),
  )

  it.effect("during each write: it is written again, once", () =>
    Effect.gen(function* () {
      const [saving, completing] = yield* Effect.all([asked, asked])
      yield* Effect.forEach([saving, completing], ({ heard }) => heard("member_session_created"))
      yield* lock
      yield* waiting("relation", saves)
      const beginning = yield* asked
      yield* completing.tell
      yield* waiting("relation", begins, saves, completes)
      yield* kill
      yield* Effect.all([beginning.tell, saving.tell])
      for (const turn of [beginning, saving, completing]) assert.deepStrictEqual(yield* savedWhole(turn), both)
    }).pipe(Effect.scoped),
  )

  it.effect("when it has committed a write and told nobody: it is there once", () =>
    Effect.gen(function* () {
      const completing = yield* asked
      yield* completing.heard("member_session_created")
      yield* silence
      const beginning = yield* asked
      yield* completing.tell
      yield* waiting("SyncRep", begins, completes)
      yield* kill
      yield* beginning.tell
      assert.deepStrictEqual(yield* savedWhole(beginning), ["member_record_saved"])
      assert.deepStrictEqual(yield* savedWhole(completing), both)
    }).pipe(Effect.scoped),
  )

  it.effect("after each write: what was written stays, and what follows is written", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const [saved, completed] = yield* Effect.all([asked, asked])
      yield* completed.tell
      yield* completed.heard("member_record_saved")
      yield* Effect.repeat(
        sql`SELECT 1 FROM chat_messages WHERE turn_id = ${saved.turnId} AND status = 'streaming' AND content = 'first '`,
        { until: (rows) => rows.length > 0, schedule: often },
      )
      const begun = yield* asked
      yield* begun.heard("member_session_created")
      yield* kill
      yield* back
      assert.deepStrictEqual(yield* kept(begun), [question])
      assert.deepStrictEqual(yield* kept(saved), [question, ["AI", "first ", "streaming"]])
      yield* Effect.all([begun.tell, saved.tell])
      for (const turn of [begun, saved, completed]) assert.deepStrictEqual(yield* savedWhole(turn), both)
    }).pipe(Effect.scoped),
  )

  it.effect(
    "and gone for longer than a turn waits: the reader is told, and it is there afterwards as it happened",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const journal = yield* Journal
        const small = yield* Layer.build(
          Layer.fresh(historyWith({ DATA_DIR: yield* fs.makeTempDirectoryScoped(), JOURNAL_MAX_BYTES: "0" })),
        )
        const unlucky = yield* Effect.provide(asked, small)
        const begun = yield* asked
        yield* Effect.forEach([begun, unlucky], ({ heard }) => heard("member_session_created"))
        yield* fs.rename(`${dataDir}/postgres/PG_VERSION`, `${dataDir}/postgres/PG_VERSION.away`)
        yield* kill
        const [missed, bridged] = yield* Effect.all([asked, asked])
        const unluckier = yield* Effect.provide(asked, small)
        yield* Effect.forEach([begun, missed, unlucky, unluckier], ({ tell }) => tell)
        for (const turn of [begun, missed]) assert.strictEqual(shortened(yield* turn.told).at(-1), postponed)
        for (const turn of [unlucky, unluckier]) assert.strictEqual(shortened(yield* turn.told).at(-1), lost)
        yield* Effect.repeat(Effect.void, { until: () => journal.holds(bridged.sessionId), schedule: often })

        const returned = yield* Clock.currentTimeMillis
        yield* fs.rename(`${dataDir}/postgres/PG_VERSION.away`, `${dataDir}/postgres/PG_VERSION`)
        yield* back
        yield* Effect.repeat(Effect.void, { until: () => !journal.holds(bridged.sessionId), schedule: often })
        yield* bridged.tell
        assert.deepStrictEqual(yield* savedWhole(bridged), ["member_record_saved"])
        assert.deepStrictEqual(yield* kept(begun), whole)
        assert.deepStrictEqual(yield* kept(missed), whole)
        const read = yield* (yield* HistoryReader).session(alice, missed.sessionId)
        for (const { completedAt, createdAt } of read.messages) {
          assert.isBelow(Date.parse(createdAt), returned)
          assert.isBelow(Date.parse(completedAt ?? ""), returned)
        }
        assert.deepStrictEqual(yield* kept(unlucky), [question])
        assert.strictEqual((yield* Effect.flip(kept(unluckier)))._tag, "SessionNotFound")
      }).pipe(Effect.scoped),
  )
})
