/** Task C: a member's question when the turn starts, the answer with all analysis when the other two tasks are done. */
import { Clock, DateTime, Deferred, Effect } from "effect"
import type { HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import type { TurnStatus } from "../domain/ChatEvent.ts"
import { dotted } from "../domain/HsCode.ts"
import type { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import type { SessionId, UserId } from "../domain/Turn.ts"
import type { DetailResult } from "../detail/DetailPages.ts"
import { type ChatHistory, HistoryUnavailable, type RecordPostponed } from "../history/ChatHistory.ts"
import type { AnswerResult } from "./answerTask.ts"
import type { TurnContext } from "./TurnContext.ts"

export interface Outcome {
  readonly answer: AnswerResult
  readonly detail: DetailResult | null
  readonly status: TurnStatus
  readonly metrics: ParallelTaskMetrics
}

export interface RecordResult {
  readonly messagesSaved: number
  /** Milliseconds spent in the database. */
  readonly work: number
}

/** Whatever happens to the history's own grace, a turn is not held up for longer. */
const patience = "10 seconds"

export const recordTask = Effect.fn("ChatTurn.record")(function* (
  turn: TurnContext & { readonly sessionId: SessionId },
  userId: UserId,
  history: ChatHistory["Service"],
  outcome: Deferred.Deferred<Outcome>,
) {
  const { turnId, sessionId, voice, grounding } = turn
  let work = 0
  const working = <A, E>(operation: string, call: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const from = yield* Clock.currentTimeMillis
      return yield* call.pipe(
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => Effect.fail(new HistoryUnavailable({ operation, retryable: true, reason: "no answer" })),
        }),
        Effect.ensuring(Effect.map(Clock.currentTimeMillis, (to) => void (work += Math.round(to - from)))),
      )
    })
  const record = Effect.gen(function* () {
    yield* voice.announce("member_record_saving")
    const { sessionCreated } = yield* working(
      "begin",
      history.begin({ turnId, userId, sessionId, message: grounding.message }),
    ).pipe(Effect.catchTag("RecordPostponed", () => Effect.succeed({ sessionCreated: false })))
    if (sessionCreated) {
      yield* voice.say({
        eventType: "member_session_created",
        type: "session_created",
        sessionId,
        isFirstMessage: true,
      })
    }
    const { answer, detail, status, metrics } = yield* Effect.raceFirst(
      Deferred.await(outcome),
      Effect.forever(saveWhatIsSaid(turn, history)),
    )
    const { messageId, messageCount } = yield* working(
      "complete",
      history.complete({
        turnId,
        userId,
        sessionId,
        content: answer.content,
        status,
        model: answer.model,
        finishReason: answer.finishReason,
        hscodeAnalysis: detail && hsCodeAnalysis(turn, detail, DateTime.formatIso(yield* DateTime.now)),
        context7Analysis: detail?.context7 ?? null,
        bookmark: detail && bookmark(detail),
        detailPageProcessingTime: detail?.duration ?? null,
        metrics,
      }),
    )
    yield* voice.say({ eventType: "member_record_saved", type: "record_saved", sessionId, messageCount, messageId })
  })
  yield* record.pipe(Effect.tapError((error) => sayUnsaved(turn, error)))
  return { messagesSaved: 2, work } satisfies RecordResult
})

/** How often an answer is saved as far as it is written: what a crash costs of it. */
const every = "2 seconds"

const saveWhatIsSaid = ({ turnId, voice }: TurnContext, history: ChatHistory["Service"]) =>
  Effect.sleep(every).pipe(
    Effect.andThen(Effect.suspend(() => history.save(turnId, voice.said()))),
    Effect.timeout(patience),
    Effect.catch((error) => Effect.logWarning("answer not saved so far", { turnId, error: error._tag })),
  )

const unsaved = {
  HistoryUnavailable: {
    ko: "대화를 기록하지 못했습니다. 답변은 그대로 이용하실 수 있습니다.",
    en: "The conversation could not be recorded. The answer is not affected.",
  },
  RecordPostponed: {
    ko: "지금은 대화를 기록할 수 없어 나중에 저장합니다. 답변은 그대로 이용하실 수 있습니다.",
    en: "The conversation cannot be recorded right now and will be saved later. The answer is not affected.",
  },
}

const sayUnsaved = ({ grounding, turnId, voice }: TurnContext, error: HistoryUnavailable | RecordPostponed) => {
  const { _tag: type, operation } = error
  const log =
    type === "RecordPostponed"
      ? Effect.logWarning("turn recorded later", { turnId, operation })
      : Effect.logError("turn not recorded", { turnId, operation, reason: error.reason })
  return Effect.andThen(
    log,
    voice.sayError({
      task: "C",
      errorCode: "RECORD_NOT_SAVED",
      message: unsaved[type][grounding.recognition.language],
      cause: { type },
      recoverable: true,
    }),
  )
}

const analysisVersion = "2"

const hsCodeAnalysis = (
  { grounding }: TurnContext,
  { info, buttons, duration }: DetailResult,
  now: string,
): HsCodeAnalysis => ({
  detected_hscode: info.detected && dotted(info.detected.code),
  product_name: info.productName,
  classification_confidence: info.detected?.confidence ?? 0,
  candidates: info.candidates.map(({ code, confidence, names, source }) => ({
    code: dotted(code),
    confidence,
    description: names[grounding.recognition.language],
    source,
  })),
  intent_detection: {
    primary_intent: grounding.intent.primary,
    secondary_intents: grounding.intent.secondary,
    intent_confidence: grounding.intent.confidence,
  },
  question: grounding.question,
  detail_buttons: buttons.map(({ button, generatedAt }) => ({
    type: button.buttonType,
    url: button.url,
    title: button.title,
    priority: button.priority,
    hscode: button.metadata.hscode,
    generated_at: generatedAt,
  })),
  processing_metadata: { analysis_timestamp: now, processing_time_ms: duration, analysis_version: analysisVersion },
})

const bookmark = ({ info }: DetailResult): SseBookmarkData => ({
  bookmark_available: info.detected !== null,
  bookmark_type: "HS_CODE",
  target_value: info.detected && dotted(info.detected.code),
  display_name: info.productName,
  confidence: info.detected?.confidence ?? 0,
})
