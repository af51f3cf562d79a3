/**
 * Records that the database did not take in time, on the disk until it does:
 *
 *     a turn ──spool──► DATA_DIR/journal ──every second, in order──► PostgreSQL
 *
 * A record leaves it when it is committed, or when the database says that it never can be. It may be written again after a
 * crash between the two: `(turn_id, message_type)` is unique. What a member erases is erased here first.
 */
import { PgClient } from "@effect/sql-pg"
import { Config, Context, Duration, Effect, Layer, Option, Path, Schema, Semaphore } from "effect"
import type { SessionId, UserId } from "../domain/Turn.ts"
import { HistoryUnavailable, isRefused, passes, type QueryError, reasonOf } from "./HistoryError.ts"
import { journalFiles, type JournalRefused } from "./journalFiles.ts"
import { observeJournalled, observeReplayed, startFromZero } from "./journalMetrics.ts"
import type { JournalRecord } from "./journalRecord.ts"
import { ReadDatabase } from "./ReadDatabase.ts"
import { waitAtMost } from "./waitAtMost.ts"
import { type TurnWriter, turnWriter } from "./writeTurn.ts"

export class Journal extends Context.Service<
  Journal,
  {
    /** Succeeds when the record is on the disk. */
    readonly spool: (record: JournalRecord) => Effect.Effect<void, JournalRefused>
    /** Whether records of this session wait: what comes later must queue behind them. */
    readonly holds: (sessionId: SessionId) => boolean
    /** Erases what waits of a member; how many records. */
    readonly erase: (userId: UserId) => Effect.Effect<number, HistoryUnavailable>
    /** Erases what waits of a member's session; how many records. */
    readonly eraseSession: (userId: UserId, sessionId: SessionId) => Effect.Effect<number, HistoryUnavailable>
  }
>()("hs-trade-chat/history/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.suspend(() => make),
  )
}

const config = Config.all({
  dataDir: Config.NonEmptyString("DATA_DIR").pipe(Config.withDefault(".data")),
  most: Config.schema(
    Schema.NumberFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0)),
    "JOURNAL_MAX_BYTES",
  ).pipe(Config.withDefault(64 * 2 ** 20)),
})

/** A database that takes one record for longer says nothing. */
const patience = "10 seconds"
const again = Duration.seconds(1)
/** When not the connection but the database is in disorder, nobody is quick to mend it. */
const later = Duration.seconds(30)

const make = Effect.gen(function* () {
  const { dataDir, most } = yield* config
  yield* startFromZero
  const path = yield* Path.Path
  const files = yield* journalFiles(path.join(dataDir, "journal"), most)
  const sql = yield* PgClient.PgClient
  const { wrote } = yield* ReadDatabase
  const scope = yield* Effect.scope
  const store = storing(turnWriter(sql, wrote))
  /** What is being replayed cannot be erased meanwhile. */
  const oneByOne = Semaphore.makeUnsafe(1).withPermits(1)

  /** What is left of a file, and why. */
  const storeAll = Effect.fnUntraced(function* (records: ReadonlyArray<JournalRecord>) {
    for (const [index, record] of records.entries()) {
      const failed = yield* store(record).pipe(
        Effect.tap(observeReplayed),
        Effect.as(null),
        waitAtMost(patience, scope),
        Effect.catch((error) => Effect.succeed(error)),
      )
      if (failed !== null) return { left: records.slice(index), failed }
    }
    return { left: [], failed: null }
  })
  const isThere = sql`SELECT 1`.pipe(
    Effect.as(true),
    waitAtMost(patience, scope),
    Effect.orElseSucceed(() => false),
  )
  const replay = Effect.gen(function* () {
    if (!(yield* files.waits) || !(yield* isThere)) return again
    for (const name of yield* files.closed) {
      const records = yield* files.read(name)
      const { failed, left } = yield* storeAll(records)
      if (left.length < records.length || left.length === 0) yield* files.replace(name, left)
      const stored = records.length - left.length
      if (stored > 0) yield* Effect.logInfo("journal replayed", { records: stored, left: left.length })
      if (failed === null) continue
      if (failed._tag === "TimeoutError" || passes(failed)) return again
      yield* Effect.logError("journal not replayed", { reason: reasonOf(failed) })
      return later
    }
    return again
  }).pipe(
    oneByOne,
    Effect.catch((error) => Effect.as(Effect.logError("journal not readable", { reason: error.message }), later)),
  )

  const eraseWhere = (operation: string, matches: (record: JournalRecord) => boolean) =>
    Effect.gen(function* () {
      let erased = 0
      for (const name of yield* files.closed) {
        const records = yield* files.read(name)
        const kept = records.filter((record) => !matches(record))
        if (kept.length < records.length) yield* files.replace(name, kept)
        erased += records.length - kept.length
      }
      return erased
    }).pipe(
      oneByOne,
      Effect.mapError(({ message }) => new HistoryUnavailable({ operation, retryable: true, reason: message })),
    )

  // Sessions that wait from before the start are known when the first turn comes.
  yield* Effect.ignore(files.waits)
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(replay, (wait) => Effect.sleep(wait))), {
    startImmediately: true,
  })

  return Journal.of({
    spool: Effect.fn("Journal.spool")(function* (record: JournalRecord) {
      yield* files.append(record).pipe(
        Effect.tapError(({ outcome }) => observeJournalled(outcome)),
        Effect.andThen(observeJournalled("kept")),
      )
    }),
    holds: files.holds,
    erase: (userId) => eraseWhere("eraseAll", (record) => record.userId === userId),
    eraseSession: (userId, sessionId) =>
      eraseWhere("eraseSession", (record) => record.userId === userId && record.sessionId === sessionId),
  })
})

/** Fails only when it may succeed later. */
const storing =
  (writer: TurnWriter) =>
  (record: JournalRecord): Effect.Effect<"stored" | "orphaned" | "refused", QueryError> =>
    (record._tag === "Question"
      ? Effect.as(writer.question(record, record.at), "stored" as const)
      : Effect.map(writer.answer(record, record.at), (stored) => (Option.isSome(stored) ? "stored" : "orphaned"))
    ).pipe(
      Effect.catchIf(isRefused, (error) =>
        Effect.as(
          Effect.logError("journalled record refused", { turnId: record.turnId, reason: reasonOf(error) }),
          "refused" as const,
        ),
      ),
    )
