/** Records that wait on the disk for the database; the test's clock says when they are tried again. */
import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { DateTime, Effect, Fiber, FileSystem, Logger, Metric } from "effect"
import { TestClock } from "effect/testing"
import { spawnSync } from "node:child_process"
import { type SessionId, type TurnId, UserId } from "../../src/domain/Turn.ts"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { Journal } from "../../src/history/Journal.ts"
import type { JournalRecord } from "../../src/history/journalRecord.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"
import { historyWith } from "./rooms.ts"
import { alice, bob, finished, sessionId, turnId } from "./turns.ts"

const at = DateTime.makeUnsafe("2026-03-01T09:30:00.000Z")
/** Whoever erases everything: what happened to them before does not come back in any test after. */
const erin = UserId.make("erin")
const noAnalysis = { hscode: null, context7: null, bookmark: null, detailTime: null, metrics: null }

const asked = (turn: TurnId, session: SessionId, message: string, userId = alice): JournalRecord => ({
  _tag: "Question",
  turnId: turn,
  sessionId: session,
  userId,
  at,
  message,
})
const answered = (turn: TurnId, session: SessionId, content: string, userId = alice): JournalRecord => ({
  _tag: "Answer",
  turnId: turn,
  sessionId: session,
  userId,
  at,
  content,
  status: "completed",
  model: "test",
  analysis: noAnalysis,
})

/** A service on this directory, from its start to its end. */
const serving =
  (DATA_DIR: string, more: Record<string, string> = {}) =>
  <A, E, R>(body: Effect.Effect<A, E, R>) =>
    Effect.scoped(Effect.provide(body, historyWith({ DATA_DIR, ...more }), { local: true }))

const inDirectory = <A, E, R>(body: (dataDir: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return yield* body(yield* fs.makeTempDirectoryScoped(), fs)
  })

const spool = (...records: ReadonlyArray<JournalRecord>) =>
  Effect.flatMap(Journal, (journal) => Effect.forEach(records, journal.spool, { discard: true }))

/** Lets the journal try, until nothing of this session waits. */
const replayed = (session: SessionId) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const sql = yield* PgClient.PgClient
    yield* Effect.repeat(Effect.andThen(TestClock.adjust("1 second"), sql`SELECT 1`), {
      until: () => !journal.holds(session),
    })
  })

const messages = (session: SessionId, userId = alice) =>
  Effect.gen(function* () {
    const read = yield* (yield* HistoryReader).session(userId, session)
    assert.strictEqual(read.session.messageCount, read.messages.length)
    return read.messages.map(({ content }) => content)
  })

const waitingBytes = Effect.map(Metric.snapshot, (metrics) => {
  const gauge = metrics.find(({ id }) => id === "journal_bytes")
  return gauge?.type === "Gauge" ? Number(gauge.state.value) : Number.NaN
})
const outcomes = (id: string) =>
  Effect.map(Metric.snapshot, (metrics) =>
    metrics.filter((metric) => metric.id === id).map(({ attributes }) => attributes?.["outcome"]),
  )

const filesOf = (dataDir: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.readDirectory(`${dataDir}/journal`), (names) => names.map((name) => `${dataDir}/journal/${name}`)),
  )

layer(migratedDatabase)("the journal", (it) => {
  it.effect("gives back in order and once what it took, with the time it happened", () =>
    inDirectory((dataDir) =>
      Effect.gen(function* () {
        const [first, second, session] = [turnId(), turnId(), sessionId()]
        const records = [
          asked(first, session, "one"),
          answered(first, session, "1"),
          asked(second, session, "two"),
          answered(second, session, "2"),
        ]
        yield* spool(...records, ...records)
        assert.strictEqual((yield* Effect.flip(messages(session)))._tag, "SessionNotFound")
        yield* replayed(session)
        assert.deepStrictEqual(yield* messages(session), ["one", "1", "two", "2"])
        const read = yield* (yield* HistoryReader).session(alice, session)
        const times = read.messages.flatMap(({ completedAt, createdAt }) => [createdAt, completedAt])
        assert.deepStrictEqual(
          [...new Set([...times, read.session.createdAt, read.session.updatedAt])],
          [DateTime.formatIso(at)],
        )
        assert.deepStrictEqual(yield* filesOf(dataDir), [])
      }).pipe(serving(dataDir)),
    ),
  )

  it.effect(
    "gives nothing back that its member erased on another instance meanwhile, and everything that came after",
    () =>
      inDirectory((mine) =>
        inDirectory((theirs) =>
          Effect.gen(function* () {
            const carol = UserId.make("carol")
            const [one, other, later] = [sessionId(), sessionId(), sessionId()]
            const dave = UserId.make("dave")
            yield* Effect.gen(function* () {
              const turns = [turnId(), turnId(), turnId(), turnId()] as const
              yield* spool(
                asked(turns[0], one, "erased", carol),
                answered(turns[0], one, "erased too", carol),
                asked(turns[1], other, "a session of it erased", dave),
                asked(turns[2], later, "kept", dave),
              )
              yield* Effect.flatMap(MemberRecords, (records) =>
                Effect.andThen(records.eraseAll(carol), Effect.ignore(records.eraseSession(dave, other))),
              ).pipe(serving(theirs))
              yield* spool({ ...asked(turns[3], later, "after it", dave), at: yield* DateTime.now })
              yield* replayed(later)
            }).pipe(serving(mine))
            const read = (session: SessionId, member: UserId) =>
              messages(session, member).pipe(Effect.catch(({ _tag }) => Effect.succeed([_tag])))
            yield* Effect.gen(function* () {
              assert.deepStrictEqual(yield* read(one, carol), ["SessionNotFound"])
              assert.deepStrictEqual(yield* read(other, dave), ["SessionNotFound"])
              assert.deepStrictEqual(yield* read(later, dave), ["kept", "after it"])
            }).pipe(serving(mine))
          }),
        ),
      ),
  )

  it.effect("gives back at the next start what the last one left, for nobody else to read meanwhile", () =>
    inDirectory((dataDir, fs) =>
      Effect.gen(function* () {
        const [turn, session] = [turnId(), sessionId()]
        yield* serving(dataDir)(spool(asked(turn, session, "left"), answered(turn, session, "behind")))
        for (const file of yield* filesOf(dataDir)) {
          assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
        }
        yield* serving(dataDir)(
          Effect.gen(function* () {
            yield* replayed(session)
            assert.deepStrictEqual(yield* messages(session), ["left", "behind"])
          }),
        )
      }),
    ),
  )

  it.effect("passes over a record that a crash has torn or somebody changed, and keeps the others", () =>
    inDirectory((dataDir, fs) =>
      Effect.gen(function* () {
        const [one, two, three, session] = [turnId(), turnId(), turnId(), sessionId()]
        yield* serving(dataDir)(
          spool(asked(one, session, "whole"), asked(two, session, "changed"), asked(three, session, "torn")),
        )
        const [file = ""] = yield* filesOf(dataDir)
        const text = (yield* fs.readFileString(file)).replace("changed", "CHANGED")
        yield* fs.writeFileString(file, text.slice(0, -20))
        yield* serving(dataDir)(
          Effect.gen(function* () {
            yield* replayed(session)
            assert.deepStrictEqual(yield* messages(session), ["whole"])
          }),
        )
      }),
    ),
  )

  it.effect("takes no more than it may, and again when there is room", () =>
    inDirectory((dataDir) =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const session = sessionId()
        const question = () => asked(turnId(), session, "x".repeat(400))
        yield* spool(question())
        const refused = yield* Effect.flip(journal.spool(question()))
        assert.deepInclude(refused, { _tag: "JournalRefused", outcome: "full" })
        assert.isAbove(yield* waitingBytes, 400)
        yield* replayed(session)
        assert.strictEqual(yield* waitingBytes, 0)
        yield* spool(question())
        yield* replayed(session)
        assert.strictEqual((yield* messages(session)).length, 2)
        assert.includeMembers(yield* outcomes("records_journalled"), ["kept", "full"])
        assert.includeMembers(yield* outcomes("records_replayed"), ["stored"])
      }).pipe(serving(dataDir, { JOURNAL_MAX_BYTES: "1000" })),
    ),
  )

  it.effect("says so when the disk does not take it, which stops nothing else", () =>
    inDirectory((dataDir, fs) =>
      Effect.gen(function* () {
        yield* fs.writeFileString(`${dataDir}/journal`, "in the way")
        yield* Effect.gen(function* () {
          const [turn, session] = [turnId(), sessionId()]
          const refused = yield* Effect.flip(spool(asked(turn, session, "lost")))
          assert.deepInclude(refused, { _tag: "JournalRefused", outcome: "unwritable" })
          yield* (yield* ChatHistory).begin({ turnId: turn, userId: alice, sessionId: session, message: "kept" })
          assert.deepStrictEqual(yield* messages(session), ["kept"])
        }).pipe(serving(dataDir))
      }),
    ),
  )

  it.effect("forgets what a member erases, and nothing of the others", () =>
    inDirectory((dataDir, fs) =>
      Effect.gen(function* () {
        const records = yield* MemberRecords
        const [one, two, bobs] = [sessionId(), sessionId(), sessionId()]
        yield* spool(
          asked(turnId(), one, "secret of one", erin),
          asked(turnId(), two, "secret of two", erin),
          asked(turnId(), bobs, "of bob", bob),
        )
        assert.strictEqual((yield* Effect.flip(records.eraseSession(bob, one)))._tag, "SessionNotFound")
        assert.isTrue((yield* Journal).holds(one))
        yield* records.eraseSession(erin, one)
        yield* records.eraseAll(erin)
        for (const file of yield* filesOf(dataDir)) assert.notInclude(yield* fs.readFileString(file), "secret")
        yield* replayed(bobs)
        assert.deepStrictEqual(yield* messages(bobs, bob), ["of bob"])
        for (const session of [one, two]) {
          assert.strictEqual((yield* Effect.flip(messages(session, erin)))._tag, "SessionNotFound")
        }
      }).pipe(serving(dataDir)),
    ),
  )

  it.effect("does not bring back an answer whose question was erased meanwhile", () =>
    inDirectory((dataDir) =>
      Effect.gen(function* () {
        const [turn, session] = [turnId(), sessionId()]
        yield* spool(asked(turn, session, "question", erin))
        yield* (yield* MemberRecords).eraseAll(erin)
        yield* spool(answered(turn, session, "answer", erin))
        yield* replayed(session)
        assert.strictEqual((yield* Effect.flip(messages(session, erin)))._tag, "SessionNotFound")
      }).pipe(serving(dataDir)),
    ),
  )

  it.effect("lets a session's later turns queue behind what waits of it", () =>
    inDirectory((dataDir) =>
      Effect.gen(function* () {
        const history = yield* ChatHistory
        const [first, second, session] = [turnId(), turnId(), sessionId()]
        yield* spool(asked(first, session, "first"), answered(first, session, "1"))
        const later = { turnId: second, userId: alice, sessionId: session, message: "second" }
        assert.strictEqual((yield* Effect.flip(history.begin(later)))._tag, "RecordPostponed")
        yield* replayed(session)
        yield* history.complete({ ...finished(second, session), content: "2" })
        assert.deepStrictEqual(yield* messages(session), ["first", "1", "second", "2"])
      }).pipe(serving(dataDir)),
    ),
  )

  it.effect(
    "is not held up by a record that no database takes, and keeps all while the database is in disorder",
    () => {
      const logged: Array<unknown> = []
      const listening = Logger.layer([
        Logger.make(({ message }) => void logged.push(...(Array.isArray(message) ? message : [message]))),
      ])
      return inDirectory((dataDir) =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const journal = yield* Journal
          const [turn, session] = [turnId(), sessionId()]
          yield* spool(
            asked(turnId(), session, "NUL \0"),
            asked(turn, session, "good"),
            answered(turn, session, "NUL \0"),
          )
          yield* sql`ALTER TABLE chat_messages RENAME TO elsewhere`
          yield* TestClock.adjust("30 seconds")
          yield* Effect.repeat(sql`SELECT 1`, { until: () => logged.includes("journal not replayed") })
          assert.isTrue(journal.holds(session))
          yield* sql`ALTER TABLE elsewhere RENAME TO chat_messages`
          yield* replayed(session)
          assert.deepStrictEqual(yield* messages(session), ["good"])
        }).pipe(serving(dataDir), Effect.provide(listening)),
      )
    },
  )

  it.effect("takes over what a process left that is gone or does not look after it, and nothing of one that does", () =>
    inDirectory((dataDir, fs) =>
      Effect.gen(function* () {
        const [living, beside, gone, stuck] = [sessionId(), sessionId(), sessionId(), sessionId()]
        const { pid } = spawnSync("true")
        yield* fs.makeDirectory(`${dataDir}/journal`)
        const leave = Effect.fnUntraced(function* (session: SessionId, owner: number, host?: string) {
          const elsewhere = yield* fs.makeTempDirectoryScoped()
          yield* serving(elsewhere)(spool(asked(turnId(), session, "left")))
          const [file = ""] = yield* filesOf(elsewhere)
          const left = file
            .replace(elsewhere, dataDir)
            .replace(/-([0-9a-f]{8})-\d+-/, (_, here) => `-${host ?? here}-${owner}-`)
          yield* fs.rename(file, left)
          return left
        })
        yield* leave(gone, pid)
        const looked = [yield* leave(living, process.ppid), yield* leave(beside, process.pid, "0c0ffee0")]
        yield* fs.utimes(yield* leave(stuck, process.ppid), new Date(-120_000), new Date(-120_000))
        yield* serving(dataDir)(
          Effect.gen(function* () {
            const journal = yield* Journal
            yield* replayed(gone)
            yield* replayed(stuck)
            assert.lengthOf(yield* messages(gone), 1)
            assert.lengthOf(yield* messages(stuck), 1)
            for (const session of [living, beside]) {
              assert.isFalse(journal.holds(session))
              assert.strictEqual((yield* Effect.flip(messages(session)))._tag, "SessionNotFound")
            }
          }),
        )
        assert.sameMembers(yield* filesOf(dataDir), looked)
      }),
    ),
  )

  it.effect("gets what a shutdown cuts short while the database is waited for", () =>
    inDirectory((dataDir) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const history = yield* ChatHistory
        const journal = yield* Journal
        const [turn, session] = [turnId(), sessionId()]
        const locking = yield* Effect.forkScoped(
          sql.withTransaction(Effect.andThen(sql`LOCK TABLE chat_messages IN SHARE MODE`, Effect.never)),
        )
        const locked = (granted: boolean) =>
          Effect.repeat(
            sql`SELECT 1 FROM pg_locks WHERE relation = 'chat_messages'::regclass AND granted = ${granted}
              AND mode = ${granted ? "ShareLock" : "RowExclusiveLock"}`,
            { until: (rows) => rows.length > 0 },
          )
        yield* locked(true)
        const writing = yield* Effect.forkScoped(
          history.begin({ turnId: turn, userId: alice, sessionId: session, message: "cut" }),
        )
        yield* locked(false)
        yield* Fiber.interrupt(writing)
        yield* Fiber.interrupt(locking)
        assert.isTrue(journal.holds(session))
        yield* replayed(session)
        assert.deepStrictEqual(yield* messages(session), ["cut"])
      }).pipe(Effect.scoped, serving(dataDir)),
    ),
  )
})
