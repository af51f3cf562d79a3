/** Task A's model: turns what is known into an answer, piece by piece. */
import { Context, Effect, Layer, Schema, Stream } from "effect"
import type { FinishReason } from "../domain/ChatEvent.ts"
import type { Grounding } from "../domain/Grounding.ts"
import { composeAnswer, composeSources } from "./compose.ts"

export type AnswerPart =
  | { readonly _tag: "Text"; readonly text: string }
  | {
      readonly _tag: "Finish"
      readonly reason: FinishReason
      readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
    }

/** The model did not answer, or not to the end. */
export class AnswerFailed extends Schema.TaggedError<AnswerFailed>()("AnswerFailed", {
  model: Schema.String,
  reason: Schema.String,
}) {}

export class AnswerModel extends Context.Service<
  AnswerModel,
  {
    readonly model: string
    /** The answer's Markdown in order, then one `Finish`. */
    readonly answer: (grounding: Grounding) => Stream.Stream<AnswerPart, AnswerFailed>
  }
>()("hs-trade-chat/answer/AnswerModel") {
  /** Composes the answer from what was recognised and found; needs no key and invents nothing. */
  static readonly layerGrounded = Layer.succeed(AnswerModel, {
    model: "grounded",
    answer: (grounding) =>
      Stream.unwrap(
        Effect.map(grounding.citations, (citations) => Stream.fromIterable(composeAnswer(grounding, citations))),
      ).pipe(
        Stream.concat(
          Stream.unwrap(
            Effect.map(grounding.evidence, (evidence) =>
              Stream.fromIterable(composeSources(evidence, grounding.recognition.language)),
            ),
          ),
        ),
        Stream.map((text): AnswerPart => ({ _tag: "Text", text })),
        Stream.concat(
          Stream.make<ReadonlyArray<AnswerPart>>({
            _tag: "Finish",
            reason: "stop",
            usage: { inputTokens: 0, outputTokens: 0 },
          }),
        ),
      ),
  })
}
