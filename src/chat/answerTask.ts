/** Task A: streams the model's answer into the turn. */
import { Clock, Deferred, Effect, Option, Stream } from "effect"
import type { FinishReason } from "../domain/ChatEvent.ts"
import { dotted } from "../domain/HsCode.ts"
import type { AnswerModel } from "../answer/AnswerModel.ts"
import { answerStarts } from "./narration.ts"
import { foundBy, type TurnContext } from "./TurnContext.ts"

export interface AnswerResult {
  readonly content: string
  /** The model that answered; `none` when none began to. */
  readonly model: string
  readonly finishReason: FinishReason
  readonly pieces: number
}

/** Largest answer that one event carries, in UTF-8 bytes; the pieces before it carry the whole. */
const largestFullContent = 40_000

const truncated = (content: string) => {
  const bytes = Buffer.from(content)
  if (bytes.byteLength <= largestFullContent) return { fullContent: content }
  return {
    fullContent: bytes
      .subarray(0, largestFullContent)
      .toString()
      .replace(/\ufffd$/, ""),
    truncated: true as const,
  }
}

/** Characters of one piece at most, so that no event grows too large. */
const longestPiece = 8000

const piecesOf = (text: string): ReadonlyArray<string> =>
  text.match(new RegExp(`[\\s\\S]{1,${longestPiece}}(?![\\udc00-\\udfff])`, "g")) ?? []

/** Runs to the end of the answer, its failure, or until nobody wants it; what was said is kept in each case. */
export const answerTask = Effect.fn("ChatTurn.answer")(function* (turn: TurnContext, model: AnswerModel["Service"]) {
  const { grounding, voice } = turn
  const { recognition } = grounding
  yield* voice.announce("response_generation")
  yield* voice.say({
    eventType: "main_message_start",
    type: "start",
    stage: "main_message",
    content: answerStarts[recognition.language],
    progress: voice.progress(answerStarts.progress),
  })
  let content = ""
  let answeredBy = "none"
  let pieces = 0
  let finishReason: FinishReason = "cancelled"
  let usage = { inputTokens: 0, outputTokens: 0 }
  const failure = yield* model.answer(grounding).pipe(
    Stream.runForEach((part) => {
      if (part._tag === "Model") {
        answeredBy = part.model
        return Effect.void
      }
      if (part._tag === "Finish") {
        finishReason = part.reason
        usage = { ...part.usage }
        return Effect.void
      }
      content += part.text
      return Effect.forEach(
        piecesOf(part.text),
        (piece) => {
          pieces += 1
          return Effect.andThen(
            voice.say({ eventType: "main_message_data", type: "content", content: piece, partialContent: piece }),
            Effect.yieldNow,
          )
        },
        { discard: true },
      )
    }),
    Effect.raceFirst(Deferred.await(turn.abandoned)),
    Effect.as(null),
    Effect.catchTag("AnswerFailed", Effect.succeed),
  )
  if (failure !== null) {
    finishReason = "error"
    const message =
      recognition.language === "ko" ? "답변을 끝까지 만들지 못했습니다." : "The answer could not be completed."
    yield* voice.sayError({
      task: "A",
      errorCode: "ANSWER_FAILED",
      message,
      cause: { type: failure._tag },
      recoverable: false,
    })
  }
  const detail = Option.getOrNull(yield* foundBy(turn))
  const detected = detail?.info.detected ?? grounding.detected
  const addressed = (detail?.info.evidence ?? []).filter(({ source }) => source !== "")
  yield* voice.say({
    eventType: "main_message_complete",
    type: "metadata",
    ...truncated(content),
    sources: addressed.map(({ title, source }) => ({ title, url: source })),
    ragSources: addressed.map(({ source }) => source),
    relatedInfo: {
      hsCode: detected && dotted(detected.code),
      category: detected && detected.names[recognition.language],
    },
    processingTime: Math.round((yield* Clock.currentTimeMillis) - turn.started),
    sessionId: turn.sessionId,
    cacheHit: detail?.cacheHit ?? false,
    model: answeredBy,
    usage,
    finishReason,
    bookmarkData: {
      available: detected !== null,
      hsCode: detected && dotted(detected.code),
      productName: recognition.productName,
      confidence: detected?.confidence ?? 0,
    },
  })
  return { content, model: answeredBy, finishReason, pieces } satisfies AnswerResult
})
