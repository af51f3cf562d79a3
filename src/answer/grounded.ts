/** The model that needs no key: says what is known, and where more is to be found. */
import { Effect, Stream } from "effect"
import type { Grounding } from "../domain/Grounding.ts"
import type { AnswerPart } from "./AnswerPart.ts"
import { composeAnswer, composeSources } from "./compose.ts"

export const grounded = (grounding: Grounding): Stream.Stream<AnswerPart> => {
  const answer = Effect.map(grounding.citations, (citations) => composeAnswer(grounding, citations))
  const sources = Effect.map(grounding.evidence, (evidence) => composeSources(evidence, grounding.recognition.language))
  const text = Stream.concat(Stream.fromIterableEffect(answer), Stream.fromIterableEffect(sources))
  return Stream.make<ReadonlyArray<AnswerPart>>({ _tag: "Model", model: "grounded" }).pipe(
    Stream.concat(Stream.map(text, (text): AnswerPart => ({ _tag: "Text", text }))),
    Stream.concat(
      Stream.make<ReadonlyArray<AnswerPart>>({
        _tag: "Finish",
        reason: "stop",
        usage: { inputTokens: 0, outputTokens: 0 },
      }),
    ),
  )
}
