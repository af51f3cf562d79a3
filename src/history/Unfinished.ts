/**
 * Answers that are being written are saved as they stand, every few seconds. One that nobody has saved for a while is the
 * answer of an instance that is gone: whichever instance sees it first closes it as `partial`. Should its own instance
 * come back after all, its last word counts.
 */
import { PgClient } from "@effect/sql-pg"
import { DateTime, Duration, Effect, Layer, Schedule } from "effect"
import { reasonOf } from "./HistoryError.ts"

/** Longer than an instance goes without saving what it writes. */
const deadAfter = Duration.seconds(30)

const close = (sql: PgClient.PgClient) =>
  Effect.gen(function* () {
    const now = yield* DateTime.now
    const closed = yield* sql`
      UPDATE chat_messages SET status = 'partial', completed_at = greatest(created_at, ${DateTime.toDateUtc(now)})
      WHERE status = 'streaming' AND saved_at <= ${DateTime.toDateUtc(DateTime.subtractDuration(now, deadAfter))}
      RETURNING 1`
    if (closed.length > 0) yield* Effect.logWarning("answers of a lost instance were closed", { count: closed.length })
  })

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* close(sql).pipe(
      Effect.catch((error) => Effect.logWarning("unfinished answers not closed", { reason: reasonOf(error) })),
      Effect.repeat(Schedule.spaced("15 seconds")),
      Effect.forkScoped,
    )
  }),
)
