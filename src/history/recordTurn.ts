/**
 * A turn's two writes within its grace: failures that pass are tried again, and what is not committed then, or meets a
 * database in disorder, goes to the journal. So does what belongs to a session of which something waits there already, to
 * keep the order. Only a record that the database refuses for what it is is lost.
 */
import type { PgClient } from "@effect/sql-pg"
import { DateTime, Effect, Option, Schedule, Schema } from "effect"
import { isTimeoutError } from "effect/Cause"
import { Context7Analysis, HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import type { FinishReason, TurnStatus } from "../domain/ChatEvent.ts"
import { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import type { SessionId, TurnId, UserId } from "../domain/Turn.ts"
import { disagreements } from "./agreement.ts"
import {
  HistoryUnavailable,
  isRefused,
  passes,
  type QueryError,
  reasonOf,
  RecordPostponed,
  unavailableOf,
} from "./HistoryError.ts"
import type { Journal } from "./Journal.ts"
import type { JournalRecord } from "./journalRecord.ts"
import { waitAtMost } from "./waitAtMost.ts"
import { logNotStored, noAnalysis, turnWriter } from "./writeTurn.ts"

export interface NewTurn {
  readonly turnId: TurnId
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly message: string
}

export interface FinishedTurn {
  readonly turnId: TurnId
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly content: string
  readonly status: TurnStatus
  readonly model: string
  readonly finishReason: FinishReason
  readonly hscodeAnalysis: HsCodeAnalysis | null
  readonly context7Analysis: Context7Analysis | null
  readonly bookmark: SseBookmarkData | null
  /** Milliseconds. */
  readonly detailPageProcessingTime: number | null
  readonly metrics: ParallelTaskMetrics
}

/** A turn waits for its record no longer than this, each time. */
const grace = "5 seconds"

const attempts = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("1 second")]).pipe(Schedule.jittered)

export const turnRecorder = Effect.fnUntraced(function* (
  sql: PgClient.PgClient,
  wrote: (userId: UserId) => Effect.Effect<void>,
  journal: Journal["Service"],
) {
  const scope = yield* Effect.scope
  const writer = turnWriter(sql, wrote)

  const postponed = (operation: string, record: JournalRecord) =>
    journal.spool(record).pipe(
      Effect.mapError(({ outcome, reason }) => {
        return new HistoryUnavailable({ operation, retryable: false, reason: `journal ${outcome}: ${reason}` })
      }),
      Effect.andThen(new RecordPostponed({ operation })),
    )
  const withinGrace = <A>(operation: string, record: JournalRecord, write: Effect.Effect<A, QueryError>) =>
    Effect.suspend(() =>
      journal.holds(record.sessionId)
        ? postponed(operation, record)
        : write.pipe(
            Effect.retry({ while: passes, schedule: attempts }),
            waitAtMost(grace, scope),
            // Only a shutdown does that; the turn is not asked again.
            Effect.onInterrupt(() => Effect.ignore(journal.spool(record))),
            Effect.catch((error) =>
              !isTimeoutError(error) && isRefused(error)
                ? Effect.fail(unavailableOf(operation)(error))
                : postponed(operation, record),
            ),
          ),
    )

  return {
    begin: Effect.fn("ChatHistory.begin")(function* (turn: NewTurn) {
      const record = { _tag: "Question" as const, ...turn, at: yield* DateTime.now }
      return yield* withinGrace("begin", record, writer.question(record, null))
    }),
    complete: Effect.fn("ChatHistory.complete")(function* (turn: FinishedTurn) {
      const { content, model, sessionId, status, turnId, userId } = turn
      const [fault] = disagreements(turn.hscodeAnalysis, turn.bookmark)
      const analysis = yield* fault === undefined
        ? analysisOf(turn)
        : Effect.as(logNotStored(turnId, `${fault.path} ${fault.reason}`), noAnalysis)
      const at = yield* DateTime.now
      const record = { _tag: "Answer" as const, turnId, sessionId, userId, at, content, status, model, analysis }
      const stored = yield* withinGrace("complete", record, writer.answer(record, null))
      if (Option.isSome(stored)) return stored.value
      return yield* new HistoryUnavailable({ operation: "complete", retryable: false, reason: orphan })
    }),
  }
})

const orphan = "the question is not recorded: it was erased, or the session is another member's"

const encoded =
  <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  (value: S["Type"] | null) =>
    value === null ? Effect.succeed(null) : Schema.encodeEffect(Schema.toCodecJson(schema))(value)

/** What its Schemas do not allow is left out, and the answer stored without it. */
const analysisOf = (turn: FinishedTurn) =>
  Effect.all({
    hscode: encoded(HsCodeAnalysis)(turn.hscodeAnalysis),
    context7: encoded(Context7Analysis)(turn.context7Analysis),
    bookmark: encoded(SseBookmarkData)(turn.bookmark),
    detailTime: Effect.succeed(turn.detailPageProcessingTime),
    metrics: encoded(ParallelTaskMetrics)(turn.metrics),
  }).pipe(Effect.catch((error) => Effect.as(logNotStored(turn.turnId, reasonOf(error)), noAnalysis)))
