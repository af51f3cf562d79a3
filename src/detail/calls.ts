/** A record of each call to Context7: what, how long, and how it ended. */
import { Clock, DateTime, Effect, Metric, Ref } from "effect"
import type { Context7Call } from "../domain/Analysis.ts"
import type { Context7Error } from "../context7/Context7Error.ts"

const made = Metric.counter("context7_calls", {
  description: "Calls to Context7 by tool and outcome",
  incremental: true,
})
const durations = Metric.histogram("context7_call_duration_milliseconds", {
  description: "How long a call to Context7 took, retries included",
  boundaries: [5, 10, 25, 50, 100, 250, 500, 1000, 1500, 2000, 3000],
})

export const recorded = <A>(
  calls: Ref.Ref<ReadonlyArray<Context7Call>>,
  tool: string,
  input: Record<string, string>,
  summary: (value: A) => string,
  call: Effect.Effect<A, Context7Error>,
) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const timestamp = DateTime.formatIso(yield* DateTime.now)
    const note = (success: boolean, output: string, error?: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (ended) =>
        Effect.all([
          Metric.update(Metric.withAttributes(made, { tool, outcome: error ?? "ok" }), 1),
          Metric.update(Metric.withAttributes(durations, { tool }), ended - started),
          Ref.update(calls, (all) => [
            ...all,
            {
              function: tool,
              input,
              output,
              duration_ms: Math.round(ended - started),
              success,
              timestamp,
              ...(error === undefined ? {} : { error }),
            },
          ]),
        ]),
      )
    return yield* call.pipe(
      Effect.tap((value) => note(true, summary(value))),
      Effect.tapError((error) => note(false, "", error._tag)),
      Effect.onInterrupt(() => note(false, "", "Context7Timeout")),
    )
  })
