/** What operators see of turns: how many, how they ended, and how long everything took. No ids and no texts. */
import { Effect, Metric } from "effect"
import type { Caller } from "../domain/Turn.ts"
import type { Outcome } from "./recordTask.ts"

const boundaries = [5, 10, 25, 50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000]

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })
const milliseconds = (name: string, description: string) => Metric.histogram(name, { description, boundaries })

const turns = counter("turns", "Turns by how they ended and who asked")
const durations = milliseconds("turn_duration_milliseconds", "From the request to the last event")
const firstEvents = milliseconds("turn_first_event_milliseconds", "From the request to the first event")
const firstTokens = milliseconds("turn_first_token_milliseconds", "From the request to the answer's first piece")
const firstButtons = milliseconds("turn_first_button_milliseconds", "From the request to the first button")
const efficiencies = Metric.histogram("turn_parallel_efficiency", {
  description: "Share of the time that the tasks of a turn ran beside each other",
  boundaries: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
})
const recognitions = counter("turn_recognitions", "Turns by where the code came from and how sure it was")
const fallbacks = counter("turn_fallbacks", "Turns whose buttons came without the Context7 that was asked")
const records = counter("turn_records", "Turns of members by whether they were recorded")
const errors = counter("turn_errors", "Errors that readers were told of, by task and code")
const open = Metric.gauge("turns_open", { description: "Turns that run" })
const refusals = counter("turns_refused", "Questions that were refused before they started, by reason")
const streams = Metric.gauge("streams_open", { description: "Readers of turns" })
const resumed = counter("streams_resumed", "Readers that went on with a turn")

const dropped = counter("streams_dropped", "Readers that were cut off because they took nothing")

const strengthOf = (confidence: number): string =>
  confidence >= 0.9 ? "sure" : confidence >= 0.5 ? "likely" : confidence > 0 ? "unsure" : "none"

/** A counter that first appears with its first count has no increase to be seen: those that alerts watch are there before. */
export const startFromZero: Effect.Effect<void> = Effect.all(
  [
    ...(["completed", "partial", "cancelled", "failed"] as const).flatMap((status) =>
      (["member", "guest"] as const).map((caller) => Metric.withAttributes(turns, { status, caller })),
    ),
    ...["completed", "failed"].map((outcome) => Metric.withAttributes(records, { outcome })),
    ...[
      ["A", "ANSWER_FAILED"],
      ["C", "RECORD_NOT_SAVED"],
    ].map(([task = "", code = ""]) => Metric.withAttributes(errors, { task, code })),
    Metric.withAttributes(refusals, { reason: "TurnsRefused" }),
    fallbacks,
    resumed,
    dropped,
  ].map((metric) => Metric.update(metric, 0)),
  { discard: true },
)

export const observeFirstEvent = (after: number): Effect.Effect<void> => Metric.update(firstEvents, after)

/** A turn that ended. */
export const observeTurn = (caller: Caller, { detail, metrics, status }: Outcome): Effect.Effect<void> => {
  const kind = caller._tag === "Member" ? "member" : "guest"
  const { first_button_ms, first_token_ms, parallel_efficiency, total_wall_clock_time } = metrics.performance_analysis
  const detected = detail?.info.detected ?? null
  const source = detected?.source ?? "none"
  const recorded = metrics.task_execution.task_c.status
  const since = (metric: typeof firstTokens, value: number | null) =>
    value === null ? Effect.void : Metric.update(metric, value)
  return Effect.all(
    [
      Metric.update(Metric.withAttributes(turns, { status, caller: kind }), 1),
      Metric.update(Metric.withAttributes(durations, { caller: kind }), total_wall_clock_time),
      since(firstTokens, first_token_ms),
      since(firstButtons, first_button_ms),
      Metric.update(efficiencies, parallel_efficiency),
      Metric.update(
        Metric.withAttributes(recognitions, { source, confidence: strengthOf(detected?.confidence ?? 0) }),
        1,
      ),
      detail?.fallbackUsed ? Metric.update(fallbacks, 1) : Effect.void,
      recorded === "skipped" ? Effect.void : Metric.update(Metric.withAttributes(records, { outcome: recorded }), 1),
    ],
    { discard: true },
  )
}

export const observeError = (task: "A" | "B" | "C", code: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(errors, { task, code }), 1)

export const observeOpen = (count: number): Effect.Effect<void> => Metric.update(open, count)

export const observeRefusal = (reason: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(refusals, { reason }), 1)

export const observeReader = (goesOn: boolean): Effect.Effect<void> =>
  Effect.andThen(Metric.modify(streams, 1), goesOn ? Metric.update(resumed, 1) : Effect.void)

export const observeDropped: Effect.Effect<void> = Metric.update(dropped, 1)

export const observeLeft: Effect.Effect<void> = Metric.modify(streams, -1)
