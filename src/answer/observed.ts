/** What operators see of a model's call: a span as the GenAI conventions want it, its outcome, its first words. No texts. */
import { Clock, Effect, Metric } from "effect"
import type { AnswerFailed } from "./AnswerPart.ts"
import type { ChatModel, Spoken } from "./ChatModel.ts"

const calls = Metric.counter("answer_model_calls", {
  description: "Calls to answer models by model and outcome",
  incremental: true,
})
const firstTokens = Metric.histogram("answer_first_token_milliseconds", {
  description: "How long a model took to its first words, retries included",
  boundaries: [100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10000],
})

/** Begins to watch a call; whatever has not ended when its scope closes was interrupted. */
export const observed = Effect.fnUntraced(function* ({ provider, name, maxTokens }: ChatModel) {
  const started = yield* Clock.currentTimeMillis
  let outcome = "interrupted"
  yield* Effect.addFinalizer(() => Metric.update(Metric.withAttributes(calls, { model: name, outcome }), 1))
  const span = yield* Effect.makeSpanScoped(`chat ${name}`, {
    kind: "client",
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": name,
      "gen_ai.request.max_tokens": maxTokens,
    },
  })
  return {
    began: Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Metric.update(Metric.withAttributes(firstTokens, { model: name }), now - started),
    ),
    finished: ({ reason, usage }: Extract<Spoken, { readonly _tag: "Finish" }>) =>
      Effect.sync(() => {
        outcome = reason
        span.attribute("gen_ai.response.finish_reasons", [reason])
        span.attribute("gen_ai.usage.input_tokens", usage.inputTokens)
        span.attribute("gen_ai.usage.output_tokens", usage.outputTokens)
      }),
    failed: ({ reason, status }: AnswerFailed) =>
      Effect.suspend(() => {
        outcome = reason
        span.attribute("error.type", reason)
        return Effect.logWarning("answer model failed", { model: name, reason, status })
      }),
  }
})
