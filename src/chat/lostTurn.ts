/** How a turn ends for its readers when what ran it is gone: the instance, or the run by a fault of ours. Pure. */
import type { ChatEventBody } from "../domain/ChatEvent.ts"
import { errorEvent } from "./errorEvent.ts"
import { metricsOf, timingOf } from "./ParallelTasks.ts"
import { type LoggedEvent, stamp } from "./TurnLog.ts"

const lost = errorEvent({
  task: null,
  errorCode: "TURN_LOST",
  message: "What ran this turn is gone; what it said until then is all there is.",
  cause: { type: "TurnLost" },
  recoverable: false,
})

const end = (now: number): ChatEventBody => ({
  eventType: "stream_end",
  status: "partial",
  parallelTaskMetrics: metricsOf(
    {
      task_a: { ...timingOf("ai_response_generation", "failed", null), pieces: 0, characters: 0 },
      task_b: { ...timingOf("detail_page_preparation", "failed", null), buttons: 0, context7_calls: 0 },
      task_c: { ...timingOf("chat_history_saving", "failed", null), messages_saved: 0 },
    },
    { started: now, ended: now, firstToken: null, firstButton: null },
    0,
  ),
})

/** What a turn ends with that cannot go on. */
export const lostEnd = (now: number): ReadonlyArray<ChatEventBody> => [lost, end(now)]

/** Behind the last event that is known. */
export const lostTurn = (last: number, now: number): ReadonlyArray<LoggedEvent> =>
  lostEnd(now).map((event, index) => stamp(event, last + 1 + index, now))
