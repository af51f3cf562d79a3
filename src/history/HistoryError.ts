/** How the history fails, and which failures pass by themselves. */
import { Effect, Schema } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/** The database did not answer. `retryable` says whether the same call may succeed later. */
export class HistoryUnavailable extends Schema.TaggedError<HistoryUnavailable>()("HistoryUnavailable", {
  operation: Schema.String,
  retryable: Schema.Boolean,
  /** The database's own message, without values. */
  reason: Schema.String,
}) {}

/** Not committed and not lost: it stands in the journal, and is written when the database is back. */
export class RecordPostponed extends Schema.TaggedError<RecordPostponed>()("RecordPostponed", {
  operation: Schema.String,
}) {}

export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", {
  sessionId: Schema.String,
}) {}

export class SessionForbidden extends Schema.TaggedError<SessionForbidden>()("SessionForbidden", {
  sessionId: Schema.String,
}) {}

export type QueryError = SqlError | Schema.SchemaError

const stateOf = (error: SqlError): string => {
  const { cause } = error.reason
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
}

/** A server that starts, stops, has no room, or is not the primary yet (57P, 53, 25006), beside what the client knows. */
export const passes = (error: unknown): boolean =>
  isSqlError(error) && (error.isRetryable || /^(57P|53|25006)/.test(stateOf(error)))

/** What is wrong is the record itself (22, 23), whatever the database does. */
export const isRefused = (error: unknown): boolean =>
  Schema.isSchemaError(error) || (isSqlError(error) && /^2[23]/.test(stateOf(error)))

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
