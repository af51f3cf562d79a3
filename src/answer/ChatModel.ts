/** A model behind a provider's own SDK: what goes in, what comes out, and what its errors mean. */
import { AnswerFailed, type FailureReason, type Usage } from "./AnswerPart.ts"

export interface Prompt {
  readonly system: string
  /** Turns of both in order; the last is the user's. */
  readonly messages: ReadonlyArray<{ readonly role: "user" | "assistant"; readonly content: string }>
}

export type Spoken =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Finish"; readonly reason: "stop" | "length" | "refusal"; readonly usage: Usage }

export interface ChatModel {
  readonly provider: "anthropic" | "openai"
  /** As the provider names it. */
  readonly name: string
  /** Of an answer. */
  readonly maxTokens: number
  /** Texts that are not empty, then one `Finish`; throws as its SDK does, and ends without `Finish` when it is cut. */
  readonly speak: (prompt: Prompt, signal: AbortSignal) => AsyncGenerator<Spoken, void>
}

/** Both SDKs give their errors the same fields; what tears or garbles a stream has none of them. */
const reasonOf = (error: {
  readonly status?: unknown
  readonly type?: unknown
  readonly cause?: unknown
}): FailureReason => {
  const { status, type, cause } = error
  if (status === 429 || type === "rate_limit_error") return "rate_limited"
  if (status === 529 || type === "overloaded_error") return "overloaded"
  if (typeof status === "number") return status >= 500 ? "server_error" : "rejected"
  if (typeof type === "string") return "server_error"
  if (error instanceof SyntaxError || (error instanceof TypeError && cause === undefined)) return "malformed"
  return "connection"
}

/** An SDK's error without its message, which may repeat the prompt. */
export const failureOf =
  (model: ChatModel) =>
  (error: unknown): AnswerFailed => {
    const known = Object(error) as { readonly status?: unknown }
    return new AnswerFailed({
      model: model.name,
      reason: reasonOf(known),
      ...(typeof known.status === "number" ? { status: known.status } : {}),
    })
  }
