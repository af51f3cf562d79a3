import { assert, it } from "@effect/vitest"
import { Effect, Logger, Metric, Tracer } from "effect"
import { at, hear } from "./asking.ts"
import { grounding } from "./grounding.ts"
import { answering, providerServer, wires } from "./ProviderServer.ts"

const [anthropic, openai] = wires
const message = "비밀스러운 아이폰"

it.live("operators see each call with its provider, tokens, outcome and first words, and no text", () =>
  Effect.gen(function* () {
    const spans: Array<Tracer.NativeSpan> = []
    const logged: Array<unknown> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    const sick = yield* providerServer(({ refuse }) => refuse(401, `{"error":{"message":"${message}"}}`))
    const well = yield* providerServer(answering(openai, "은밀한 답"))
    const env = { ...at(anthropic, sick.url), ...at(openai, well.url), ANSWER_MODEL: "anthropic,openai" }
    yield* hear(env, grounding("ko", "HS_CODE_ANALYSIS", { message })).pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([Logger.make((entry) => void logged.push(entry.message))])),
    )
    const seen = spans
      .filter(({ name }) => name.startsWith("chat "))
      .map(({ attributes }) => Object.fromEntries(attributes))
    const asked = { "gen_ai.operation.name": "chat", "gen_ai.request.max_tokens": 1024 }
    assert.deepStrictEqual(seen, [
      {
        ...asked,
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": anthropic.model,
        "error.type": "rejected",
      },
      {
        ...asked,
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": openai.model,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 25,
        "gen_ai.usage.output_tokens": 7,
      },
    ])
    assert.deepStrictEqual(logged, [
      ["answer model failed", { model: anthropic.model, reason: "rejected", status: 401 }],
    ])
    assert.notMatch(JSON.stringify(spans.map(({ attributes, events }) => [...attributes, ...events])), /비밀|은밀/)

    const metrics = yield* Metric.snapshot
    const outcomes = metrics.filter(({ id }) => id === "answer_model_calls").map(({ attributes }) => attributes)
    assert.sameDeepMembers(outcomes, [
      { model: anthropic.model, outcome: "rejected" },
      { model: openai.model, outcome: "stop" },
    ])
    const first = metrics.find(({ id }) => id === "answer_first_token_milliseconds")
    assert.deepInclude(first, { attributes: { model: openai.model } })
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
)
