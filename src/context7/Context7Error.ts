/** What can go wrong with Context7, split by what helps: waiting, another key, another library, or nothing. */
import { Schema } from "effect"

export class Context7Timeout extends Schema.TaggedError<Context7Timeout>()("Context7Timeout", {
  operation: Schema.String,
  /** Milliseconds. */
  after: Schema.Finite,
}) {
  readonly retryable = false
}

/** The connection broke or could not be made; the next call makes a new one. */
export class Context7ConnectionLost extends Schema.TaggedError<Context7ConnectionLost>()("Context7ConnectionLost", {
  operation: Schema.String,
  reason: Schema.String,
}) {
  readonly retryable = true
}

/** An error of the service; `status` where it is known or told from the text. */
export class Context7ApiError extends Schema.TaggedError<Context7ApiError>()("Context7ApiError", {
  operation: Schema.String,
  status: Schema.NullOr(Schema.Int),
  reason: Schema.String,
}) {
  get retryable() {
    return this.status === null || this.status >= 500
  }
}

export class Context7RateLimited extends Schema.TaggedError<Context7RateLimited>()("Context7RateLimited", {
  operation: Schema.String,
}) {
  readonly retryable = false
}

export class Context7Unauthorised extends Schema.TaggedError<Context7Unauthorised>()("Context7Unauthorised", {
  operation: Schema.String,
}) {
  readonly retryable = false
}

export class LibraryNotFound extends Schema.TaggedError<LibraryNotFound>()("LibraryNotFound", {
  library: Schema.String,
}) {
  readonly retryable = false
}

/** What answered does not speak as Context7 does. */
export class Context7ProtocolFault extends Schema.TaggedError<Context7ProtocolFault>()("Context7ProtocolFault", {
  operation: Schema.String,
  reason: Schema.String,
}) {
  readonly retryable = false
}

/** Left alone for a while, or asked by too many at a time: the call was not made. */
export class Context7Resting extends Schema.TaggedError<Context7Resting>()("Context7Resting", {
  operation: Schema.String,
  reason: Schema.String,
  /** Seconds. */
  retryAfter: Schema.Int,
}) {
  readonly retryable = false
}

/** The operator's budget allows no call for this purpose now: the call was not made. */
export class Context7BudgetSpent extends Schema.TaggedError<Context7BudgetSpent>()("Context7BudgetSpent", {
  /** Seconds. */
  retryAfter: Schema.Int,
}) {
  readonly retryable = false
}

/** Any of them, as a value that can be kept. */
export const Context7Failure = Schema.Union([
  Context7Resting,
  Context7BudgetSpent,
  Context7Timeout,
  Context7ConnectionLost,
  Context7ApiError,
  Context7RateLimited,
  Context7Unauthorised,
  LibraryNotFound,
  Context7ProtocolFault,
])
export type Context7Error = typeof Context7Failure.Type
