/** Task A's model: turns what is known into an answer, piece by piece. */
import { Context, Effect, Layer, type Scope, Stream } from "effect"
import type { Grounding } from "../domain/Grounding.ts"
import { answerConfig, type AnswerLimits } from "./AnswerConfig.ts"
import type { AnswerFailed, AnswerPart } from "./AnswerPart.ts"
import type { ChatModel } from "./ChatModel.ts"
import { call } from "./call.ts"
import { grounded } from "./grounded.ts"
import { briefingOf } from "./prompt.ts"
import { proofread } from "./proofread.ts"

export class AnswerModel extends Context.Service<
  AnswerModel,
  {
    /** The model's name, the answer's Markdown in order, then one `Finish`. */
    readonly answer: (grounding: Grounding) => Stream.Stream<AnswerPart, AnswerFailed>
  }
>()("hs-trade-chat/answer/AnswerModel") {
  /** Composes the answer from what was recognised and found; needs no key and invents nothing. */
  static readonly layerGrounded = Layer.succeed(AnswerModel, { answer: grounded })

  /** The models that `ANSWER_MODEL` lists, in their order, and at last the grounded one. */
  static readonly layer = Layer.effect(
    AnswerModel,
    Effect.map(answerConfig, ({ models, limits }) => AnswerModel.of({ answer: firstOf(models, limits) })),
  )
}

type Answer = Stream.Stream<AnswerPart, AnswerFailed>

/** Whoever says a first word answers; whoever fails before it makes place for the next. */
const firstOf =
  (models: ReadonlyArray<ChatModel>, limits: AnswerLimits) =>
  (grounding: Grounding): Answer => {
    if (models.length === 0) return grounded(grounding)
    return Stream.unwrap(
      Effect.gen(function* () {
        const briefing = yield* briefingOf(grounding, limits.historyTokens)
        return yield* models.reduceRight<Effect.Effect<Answer, never, Scope.Scope>>(
          (next, model) =>
            call(model, briefing.prompt, limits).pipe(
              Effect.map(proofread(grounding, briefing.sources)),
              Effect.catchTag("AnswerFailed", () => next),
            ),
          Effect.succeed(grounded(grounding)),
        )
      }),
    )
  }
