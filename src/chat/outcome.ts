/** What a turn came to: its answer, its page, its status and its figures. Pure. */
import { Exit } from "effect"
import type { TurnStatus } from "../domain/ChatEvent.ts"
import type { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import type { DetailResult } from "../detail/DetailPages.ts"
import type { AnswerResult } from "./answerTask.ts"
import { metricsOf, type TaskRun, timingOf } from "./ParallelTasks.ts"
import type { Outcome, RecordResult } from "./recordTask.ts"
import type { TurnContext } from "./TurnContext.ts"

const nothingAnswered: AnswerResult = { content: "", model: "none", finishReason: "error", pieces: 0, drained: false }

export const outcomeOf = (
  turn: TurnContext,
  answered: TaskRun<AnswerResult, never>,
  prepared: TaskRun<DetailResult, never>,
  recorded: TaskRun<RecordResult, unknown> | null,
  ended: number,
): Outcome => {
  const answer = Exit.isSuccess(answered.exit) ? answered.exit.value : nothingAnswered
  const detail = Exit.isSuccess(prepared.exit) ? prepared.exit.value : null
  const record = recorded && Exit.isSuccess(recorded.exit) ? recorded.exit.value : null
  const statusA =
    answer.finishReason === "error" ? "failed" : answer.finishReason === "cancelled" ? "cancelled" : "completed"
  const statusB = detail === null ? "failed" : detail.fallbackUsed ? "fallback" : "completed"
  const statusC = recorded === null ? "skipped" : record === null ? "failed" : "completed"
  const tasks: ParallelTaskMetrics["task_execution"] = {
    task_a: {
      ...timingOf("ai_response_generation", statusA, answered),
      pieces: answer.pieces,
      characters: answer.content.length,
    },
    task_b: {
      ...timingOf("detail_page_preparation", statusB, prepared),
      buttons: detail?.buttons.length ?? 0,
      context7_calls: detail?.context7?.performance.total_api_calls ?? 0,
    },
    task_c: { ...timingOf("chat_history_saving", statusC, recorded), messages_saved: record?.messagesSaved ?? 0 },
  }
  const moments = {
    started: turn.started,
    ended,
    firstToken: turn.voice.firstToken(),
    firstButton: turn.voice.firstButton(),
  }
  return {
    answer,
    detail,
    status: statusOf(statusA, [statusB, statusC], answer),
    metrics: metricsOf(tasks, moments, record?.work ?? 0),
  }
}

const statusOf = (
  answer: "completed" | "cancelled" | "failed",
  others: ReadonlyArray<string>,
  { content, drained }: AnswerResult,
): TurnStatus => {
  if (drained) return "partial"
  if (answer === "cancelled") return "cancelled"
  if (answer === "failed") return content === "" ? "failed" : "partial"
  return others.includes("failed") ? "partial" : "completed"
}
