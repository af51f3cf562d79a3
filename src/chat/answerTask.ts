/** Task A: streams the model's answer into the turn. */
import { Clock, Deferred, Effect, Option, Stream } from "effect"
import type { FinishReason } from "../domain/ChatEvent.ts"
import { dotted } from "../domain/HsCode.ts"
import type { AnswerModel } from "../answer/AnswerModel.ts"
import { sayBroken } from "./broken.ts"
import { answerStarts } from "./narration.ts"
import { shortened } from "./shortened.ts"
import { foundBy, type TurnContext } from "./TurnContext.ts"

export interface AnswerResult {
  readonly content: string
  /** The model that answered; `none` when none began to. */
  readonly model: string
  readonly finishReason: FinishReason
  readonly pieces: number
  /** It was cut short because the service shuts down. */
  readonly drained: boolean
}

/** Pieces after which others have their turn. */
const breath = 16

/** Characters of one piece at most, so that no event grows too large. */
const longestPiece = 8000

/** Events that readers may be behind before small pieces are merged, and the characters of a merged one. */
const patience = 32
const mergedPiece = 2000

const wholePieces = new RegExp(`[\\s\\S]{1,${longestPiece}}(?![\\udc00-\\udfff])`, "g")

const piecesOf = (text: string): ReadonlyArray<string> =>
  text !== "" && text.length <= longestPiece ? [text] : (text.match(wholePieces) ?? [])

/** Runs to the end of the answer, its failure, or until it is ended from outside; what was said is kept in each case. */
export const answerTask = Effect.fn("ChatTurn.answer")(function* (turn: TurnContext, model: AnswerModel["Service"]) {
  const { grounding, voice } = turn
  const { recognition } = grounding
  yield* voice.announce("response_generation")
  yield* voice.say({
    eventType: "main_message_start",
    type: "start",
    stage: "main_message",
    content: answerStarts[recognition.language],
    progress: answerStarts.progress,
  })
  let content = ""
  let unsaid = ""
  let answeredBy = "none"
  let pieces = 0
  let finishReason: FinishReason = "cancelled"
  let usage = { inputTokens: 0, outputTokens: 0 }
  const sayUnsaid = Effect.suspend(() => {
    const text = unsaid
    unsaid = ""
    return Effect.forEach(
      piecesOf(text),
      (piece) => {
        pieces += 1
        return voice.say({ eventType: "main_message_data", type: "content", content: piece, partialContent: piece })
      },
      { discard: true },
    )
  })
  // What is taken to be said is said, although the answer may end between two of its pieces.
  const say = Effect.uninterruptible(sayUnsaid)
  const ending = yield* Stream.suspend(() => model.answer(grounding)).pipe(
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
      unsaid += part.text
      const merge = voice.lag() > patience && unsaid.length < mergedPiece
      if (merge) return Effect.void
      return pieces % breath === breath - 1 ? Effect.andThen(say, Effect.yieldNow) : say
    }),
    Effect.as(null),
    Effect.raceFirst(Deferred.await(turn.ending)),
    Effect.catchTag("AnswerFailed", Effect.succeed),
    Effect.catchDefect((defect) =>
      say.pipe(Effect.andThen(sayBroken(turn, "A")(defect)), Effect.as("broken" as const)),
    ),
  )
  yield* say
  if (ending === "broken") finishReason = "error"
  const failure = typeof ending === "object" ? ending : null
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
  const whole = shortened(content)
  const detail = Option.getOrNull(yield* foundBy(turn))
  const detected = detail?.info.detected ?? grounding.detected
  const addressed = (detail?.info.evidence ?? []).filter(({ source }) => source !== "")
  yield* voice.say({
    eventType: "main_message_complete",
    type: "metadata",
    fullContent: whole.text,
    ...(whole.truncated ? { truncated: true as const } : {}),
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
  return { content, model: answeredBy, finishReason, pieces, drained: ending === "drained" } satisfies AnswerResult
})
