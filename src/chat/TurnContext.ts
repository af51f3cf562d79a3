/** What the three tasks of one turn share. */
import { Deferred, Effect, type Option } from "effect"
import type { ChatEventBody, ThinkingStage, TurnVoice } from "../domain/ChatEvent.ts"
import type { Grounding } from "../domain/Grounding.ts"
import type { Language } from "../domain/Recognition.ts"
import type { Caller, SessionId, TurnId } from "../domain/Turn.ts"
import type { DetailResult } from "../detail/DetailPages.ts"
import { errorEvent, type Failure } from "./errorEvent.ts"
import { narration } from "./narration.ts"
import { observeError } from "./turnMetrics.ts"
import type { TurnLog } from "./TurnLog.ts"

export interface TurnRequest {
  readonly message: string
  readonly caller: Caller
  /** A member's session to go on with. */
  readonly sessionId: SessionId | null
  readonly language: Language | null
  /** The client's own name for this question; asked again under it, it is the same turn. */
  readonly idempotencyKey: string | null
}

export type Ending = "stopped" | "drained"

export interface TurnContext {
  readonly turnId: TurnId
  readonly caller: Caller
  /** Null for a guest. */
  readonly sessionId: SessionId | null
  readonly grounding: Grounding
  readonly voice: Voice
  /** Done as soon as task B is; never failed. */
  readonly detail: Deferred.Deferred<DetailResult | null>
  /** Done when the answer must end before its end: nobody wants it any more, or the service shuts down. */
  readonly ending: Deferred.Deferred<Ending>
  /** Milliseconds since the epoch. */
  readonly started: number
}

export interface TaskFailure extends Failure {
  readonly task: "A" | "B" | "C"
}

/** What task B found, as far as it is done. */
export const foundBy = ({ detail }: Pick<TurnContext, "detail">): Effect.Effect<Option.Option<DetailResult | null>> =>
  Effect.flatMap(Deferred.poll(detail), Effect.transposeOption)

/** Speaks into the turn's log with a progress that never falls, and remembers when the first piece and button went out. */
export interface Voice extends TurnVoice {
  /** A task failed and no fallback could serve. */
  readonly sayError: (failure: TaskFailure) => Effect.Effect<void>
  /** Events by which every reader is behind. */
  readonly lag: () => number
  /** The answer as far as it was said. */
  readonly said: () => string
  readonly firstToken: () => number | null
  readonly firstButton: () => number | null
}

export const makeVoice = (log: TurnLog, language: Language): Voice => {
  let reached = 0
  let said = ""
  let firstToken: number | null = null
  let firstButton: number | null = null
  const say = (event: ChatEventBody) =>
    log.append(event, (event, now) => {
      if (event.eventType === "main_message_data") {
        firstToken ??= now
        said += event.content
      }
      if (event.eventType === "detail_page_button_ready") firstButton ??= now
      if (!("progress" in event)) return event
      reached = Math.max(reached, event.progress)
      return { ...event, progress: reached }
    })
  const announce = (stage: ThinkingStage) => {
    const content = narration[stage][language]
    const event = {
      eventType: `thinking_${stage}`,
      stage,
      content,
      thinkingProcess: content,
      progress: narration[stage].progress,
    }
    return say(event as ChatEventBody)
  }
  const sayError = (failure: TaskFailure) =>
    Effect.andThen(observeError(failure.task, failure.errorCode), say(errorEvent(failure)))
  return {
    say,
    announce,
    sayError,
    lag: log.lag,
    said: () => said,
    firstToken: () => firstToken,
    firstButton: () => firstButton,
  }
}
