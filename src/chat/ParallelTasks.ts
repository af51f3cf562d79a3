/** Runs the three tasks of a turn side by side, none able to stop another, and measures them. */
import { Clock, Effect, type Exit } from "effect"
import type { ParallelTaskMetrics, TaskName, TaskStatus, TaskTiming } from "../domain/TaskMetrics.ts"

export interface TaskRun<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** Milliseconds since the epoch. */
  readonly started: number
  readonly ended: number
}

/** Runs a task to its end, whatever that is. */
export const timed = <A, E, R>(task: Effect.Effect<A, E, R>): Effect.Effect<TaskRun<A, E>, never, R> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const exit = yield* Effect.exit(task)
    return { exit, started, ended: yield* Clock.currentTimeMillis }
  })

export const timingOf = (
  name: TaskName,
  status: TaskStatus,
  run: { readonly started: number; readonly ended: number } | null,
): TaskTiming => ({
  name,
  status,
  start_time: run && new Date(run.started).toISOString(),
  end_time: run && new Date(run.ended).toISOString(),
  duration_ms: run ? Math.round(run.ended - run.started) : 0,
})

export interface Moments {
  readonly started: number
  readonly ended: number
  readonly firstToken: number | null
  readonly firstButton: number | null
}

/**
 * The figures of a turn. A task's duration runs from its start to its end; task C's covers its wait for the other two,
 * which is why the bottleneck is told by `savingWork`, the time it spent in the database.
 */
export const metricsOf = (
  tasks: ParallelTaskMetrics["task_execution"],
  moments: Moments,
  savingWork: number,
): ParallelTaskMetrics => {
  const ran = [tasks.task_a, tasks.task_b, tasks.task_c].filter(({ status }) => status !== "skipped")
  const wall = Math.max(0, Math.round(moments.ended - moments.started))
  const durations = ran.map(({ duration_ms }) => duration_ms)
  const load = (task: TaskTiming) => (task.name === "chat_history_saving" ? savingWork : task.duration_ms)
  const bottleneck = ran.reduce<TaskTiming | null>(
    (longest, task) => (longest === null || load(task) > load(longest) ? task : longest),
    null,
  )
  const sum = durations.reduce((total, duration) => total + duration, 0)
  const since = (moment: number | null) => (moment === null ? null : Math.max(0, Math.round(moment - moments.started)))
  return {
    task_execution: tasks,
    performance_analysis: {
      total_wall_clock_time: wall,
      parallel_efficiency:
        wall === 0 || ran.length === 0 ? 1 : Math.min(1, Math.round((sum / (ran.length * wall)) * 1000) / 1000),
      orchestration_overhead_ms: Math.max(0, wall - Math.max(0, ...durations)),
      bottleneck_task: bottleneck?.name ?? null,
      first_token_ms: since(moments.firstToken),
      first_button_ms: since(moments.firstButton),
    },
  }
}
