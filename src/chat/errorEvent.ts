/** What readers are told of something that failed. */
import type { ChatEventBody } from "../domain/ChatEvent.ts"

export interface Failure {
  /** The task that failed, or null when it is none of them. */
  readonly task: "A" | "B" | "C" | null
  readonly errorCode: string
  /** For people. */
  readonly message: string
  /** The error's tag, and what support asks for when it is ours. */
  readonly cause: { readonly type: string; readonly message?: string }
  readonly recoverable: boolean
}

export const errorEvent = ({ task, errorCode, message, cause, recoverable }: Failure) =>
  ({
    eventType: "error",
    type: "error",
    errorCode,
    errorMessage: message,
    message,
    error: { message, ...cause },
    task,
    recoverable,
  }) satisfies ChatEventBody
