/** A defect is ours: logged with the turn's id, and told to the reader as one task's failure. */
import { Effect } from "effect"
import type { TurnContext } from "./TurnContext.ts"

const errorCodes = { A: "ANSWER_FAILED", B: "DETAIL_PAGE_FAILED", C: "RECORD_NOT_SAVED" }

export const sayBroken = ({ grounding, turnId, voice }: TurnContext, task: "A" | "B" | "C") => {
  const message =
    grounding.recognition.language === "ko" ? "내부 오류가 발생했습니다." : "Something went wrong on our side."
  return (defect: unknown): Effect.Effect<void> =>
    Effect.logError("task broken", { task, turnId, defect }).pipe(
      Effect.andThen(
        voice.sayError({
          task,
          errorCode: errorCodes[task],
          message,
          cause: { type: "Defect", message: turnId },
          recoverable: task === "C",
        }),
      ),
    )
}
