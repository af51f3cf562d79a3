/** Asks the answer models as the service does, and tells what they said. */
import { ConfigProvider, Effect, Layer, Stream } from "effect"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import type { AnswerFailed, AnswerPart } from "../../src/answer/AnswerPart.ts"
import type { Grounding } from "../../src/domain/Grounding.ts"
import type { Wire } from "./ProviderServer.ts"

/** The configuration of one model, at an address. */
export const at = (wire: Wire, url: string): Record<string, string> => ({
  ANSWER_MODEL: wire.name,
  [`${wire.name.toUpperCase()}_API_KEY`]: "secret-key",
  [`${wire.name.toUpperCase()}_BASE_URL`]: url,
})

export const models = (env: Record<string, string>) =>
  AnswerModel.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))), Layer.orDie)

export interface Heard {
  readonly model: string | undefined
  readonly text: string
  readonly finish: Extract<AnswerPart, { readonly _tag: "Finish" }> | undefined
  readonly failure: AnswerFailed["reason"] | undefined
}

export const hear = (env: Record<string, string>, grounding: Grounding) =>
  Effect.gen(function* () {
    const parts: Array<AnswerPart> = []
    const failure = yield* (yield* AnswerModel).answer(grounding).pipe(
      Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
      Effect.as(undefined),
      Effect.catchTag("AnswerFailed", ({ reason }) => Effect.succeed(reason)),
    )
    return {
      model: parts.find((part) => part._tag === "Model")?.model,
      text: parts.map((part) => (part._tag === "Text" ? part.text : "")).join(""),
      finish: parts.find((part) => part._tag === "Finish"),
      failure,
    } satisfies Heard
  }).pipe(Effect.provide(models(env)))
