/** How the history fails, and which failures pass by themselves. */
import { Effect, Schedule, Schema } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/** The database did not answer. `retryable` says whether the same call may succeed later. */
export class HistoryUnavailable extends Schema.TaggedError<HistoryUnavailable>()("HistoryUnavailable", {
  operation: Schema.String,
  retryable: Schema.Boolean,
  /** The database's own message, without values. */
  reason: Schema.String,
}) {}

export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", {
  sessionId: Schema.String,
}) {}

export class SessionForbidden extends Schema.TaggedError<SessionForbidden>()("SessionForbidden", {
  sessionId: Schema.String,
}) {}

export type QueryError = SqlError | Schema.SchemaError

export const passes = (error: unknown): boolean => isSqlError(error) && error.isRetryable

/** A Schema's message holds what it refused, which may be somebody's text. */
export const reasonOf = (error: unknown): string => {
  if (Schema.isSchemaError(error)) return "what was given or stored is not what the schema promises"
  if (!(error instanceof Error)) return "unknown"
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}

export const unavailableOf = (operation: string) => (error: QueryError) =>
  new HistoryUnavailable({ operation, retryable: passes(error), reason: reasonOf(error) })

export const unavailable =
  (operation: string) =>
  <A, E, R>(
    self: Effect.Effect<A, E | QueryError, R>,
  ): Effect.Effect<A, Exclude<E, QueryError> | HistoryUnavailable, R> =>
    Effect.mapError(self, (error) =>
      isSqlError(error) || Schema.isSchemaError(error)
        ? unavailableOf(operation)(error)
        : (error as Exclude<E, QueryError>),
    )

/** Serialization failures, deadlocks and lost connections pass; only for transactions that can be repeated safely. */
export const persistently = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.retry(self, {
    while: passes,
    schedule: Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 })),
  })
