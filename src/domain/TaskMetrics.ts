/**
 * How the three tasks of a turn ran beside each other. Durations are integer milliseconds.
 */
import { Schema } from "effect"

const Milliseconds = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const TaskStatus = Schema.Literals(["completed", "fallback", "failed", "cancelled", "skipped"])
export type TaskStatus = typeof TaskStatus.Type

const TaskName = Schema.Literals(["ai_response_generation", "detail_page_preparation", "chat_history_saving"])
export type TaskName = typeof TaskName.Type

const timing = {
  name: TaskName,
  start_time: Schema.NullOr(Schema.String),
  end_time: Schema.NullOr(Schema.String),
  duration_ms: Milliseconds,
  status: TaskStatus,
}

export const TaskTiming = Schema.Struct(timing)
export type TaskTiming = typeof TaskTiming.Type

export const ParallelTaskMetrics = Schema.Struct({
  task_execution: Schema.Struct({
    task_a: Schema.Struct({ ...timing, pieces: Schema.Int, characters: Schema.Int }),
    task_b: Schema.Struct({ ...timing, buttons: Schema.Int, context7_calls: Schema.Int }),
    task_c: Schema.Struct({ ...timing, messages_saved: Schema.Int }),
  }),
  performance_analysis: Schema.Struct({
    total_wall_clock_time: Milliseconds,
    /** Sum of the tasks' durations ÷ (number of tasks that ran × wall-clock time), 0 to 1. */
    parallel_efficiency: Schema.Finite,
    /** Wall-clock time − longest task. */
    orchestration_overhead_ms: Milliseconds,
    bottleneck_task: Schema.NullOr(TaskName),
    first_token_ms: Schema.NullOr(Milliseconds),
    first_button_ms: Schema.NullOr(Milliseconds),
  }),
})
export type ParallelTaskMetrics = typeof ParallelTaskMetrics.Type
