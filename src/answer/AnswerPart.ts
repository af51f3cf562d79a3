/** What a model says, part by part, and how it can fail. */
import { Schema } from "effect"
import type { FinishReason } from "../domain/ChatEvent.ts"

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

export type AnswerPart =
  /** Who answers; comes first. */
  | { readonly _tag: "Model"; readonly model: string }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Finish"; readonly reason: FinishReason; readonly usage: Usage }

const FailureReason = Schema.Literals([
  "rate_limited",
  "overloaded",
  "server_error",
  /** It could not be made, or was cut. */
  "connection",
  /** The key, the model's name or the request is wrong. */
  "rejected",
  "malformed",
  "refused",
  "empty",
  "first_token_timeout",
  "idle_timeout",
])
export type FailureReason = typeof FailureReason.Type

const passing = new Set<FailureReason>(["rate_limited", "overloaded", "server_error", "connection"])

/** The model did not answer, or not to the end. */
export class AnswerFailed extends Schema.TaggedError<AnswerFailed>()("AnswerFailed", {
  model: Schema.String,
  reason: FailureReason,
  /** HTTP status, where there was one. */
  status: Schema.optionalKey(Schema.Int),
}) {
  get retryable() {
    return passing.has(this.reason)
  }
}
