/** What happens to a model's words on their way to the reader: codes are checked, and sources that it cites are listed. */
import { Stream } from "effect"
import type { Grounding } from "../domain/Grounding.ts"
import type { AnswerFailed, AnswerPart } from "./AnswerPart.ts"
import { codeMarker } from "./codeMarker.ts"
import { citedIn, type Source } from "./sources.ts"

const saying = (text: string): ReadonlyArray<AnswerPart> => (text === "" ? [] : [{ _tag: "Text", text }])

export const proofread =
  ({ standing, recognition: { language } }: Grounding, sources: ReadonlyArray<Source>) =>
  (answer: Stream.Stream<AnswerPart, AnswerFailed>): Stream.Stream<AnswerPart, AnswerFailed> =>
    Stream.suspend(() => {
      const marker = codeMarker(standing, language)
      let whole = ""
      const checked = (part: AnswerPart): ReadonlyArray<AnswerPart> => {
        if (part._tag === "Model") return [part]
        if (part._tag === "Finish") return [...saying(marker.end() + citedIn(whole, sources, language)), part]
        whole += part.text
        return saying(marker.add(part.text))
      }
      return answer.pipe(
        Stream.flatMap((part) => Stream.fromArray(checked(part))),
        Stream.catchTag("AnswerFailed", (error) =>
          Stream.concat(Stream.fromArray(saying(marker.end())), Stream.fail(error)),
        ),
      )
    })
