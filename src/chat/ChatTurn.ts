/**
 * One message, three tasks that start together, one ordered log. A turn belongs to this service, not to the request that
 * started it: when its last reader leaves, the answer stops and a member's record is still written.
 */
import { Clock, Context, Deferred, Effect, Exit, FiberSet, Layer, Option, Stream } from "effect"
import { randomUUID } from "node:crypto"
import type { TurnStatus } from "../domain/ChatEvent.ts"
import type { Grounding, PlacedCandidate } from "../domain/Grounding.ts"
import type { Candidate, Language } from "../domain/Recognition.ts"
import type { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import { type Caller, SessionId, TurnId } from "../domain/Turn.ts"
import { AnswerModel } from "../answer/AnswerModel.ts"
import { DetailPages, type DetailResult } from "../detail/DetailPages.ts"
import { settle } from "../detail/settle.ts"
import { ChatHistory, type OpenQuestion, type SessionForbidden, type SessionNotFound } from "../history/ChatHistory.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { type AnswerResult, answerTask } from "./answerTask.ts"
import { detectIntent } from "./detectIntent.ts"
import { sessionNote } from "./narration.ts"
import { metricsOf, type TaskRun, timed, timingOf } from "./ParallelTasks.ts"
import { type Outcome, type RecordResult, recordTask } from "./recordTask.ts"
import { makeVoice, type TurnContext } from "./TurnContext.ts"
import { type LoggedEvent, makeTurnLog } from "./TurnLog.ts"

export interface TurnRequest {
  readonly message: string
  readonly caller: Caller
  /** A member's session to go on with. */
  readonly sessionId: SessionId | null
  readonly language: Language | null
}

export interface Turn {
  readonly turnId: TurnId
  /** The turn's events from the first one on. Leaving it before its end counts as leaving the turn. */
  readonly events: Stream.Stream<LoggedEvent>
}

export class ChatTurn extends Context.Service<
  ChatTurn,
  {
    /** Starts a turn; fails before its first event when the session is not the caller's. */
    readonly start: (request: TurnRequest) => Effect.Effect<Turn, SessionNotFound | SessionForbidden>
  }
>()("hs-trade-chat/chat/ChatTurn") {
  static readonly layer = Layer.effect(
    ChatTurn,
    Effect.suspend(() => make),
  )
}

/** How long a shutdown waits for turns that are running. */
const grace = "20 seconds"

const make = Effect.gen(function* () {
  const services: Services = {
    hs: yield* HarmonizedSystem,
    detail: yield* DetailPages,
    model: yield* AnswerModel,
    history: yield* ChatHistory,
  }
  const running = yield* FiberSet.make<void>()
  yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(running).pipe(Effect.timeoutOption(grace)))

  return ChatTurn.of({
    start: Effect.fn("ChatTurn.start")(function* (request: TurnRequest) {
      const { caller } = request
      let subject = request.message
      if (caller._tag === "Member" && request.sessionId !== null) {
        yield* services.history
          .authorize(caller.userId, request.sessionId)
          .pipe(
            Effect.catchTag("HistoryUnavailable", (error) => Effect.logWarning("session not checked", error.reason)),
          )
        const open = yield* Effect.orElseSucceed(services.history.openQuestion(request.sessionId), () => Option.none())
        if (Option.isSome(open)) subject = refine(request.message, open.value, services.hs)
      }
      const log = yield* makeTurnLog
      const turn = yield* openTurn(request, subject, services, log)
      const run =
        caller._tag === "Guest"
          ? Effect.raceFirst(runTurn(turn, request, services), Deferred.await(turn.abandoned))
          : runTurn(turn, request, services)
      yield* FiberSet.run(
        running,
        Effect.withSpan(run, "ChatTurn", { attributes: { "turn.id": turn.turnId, "turn.caller": caller._tag } }),
      )
      const leave = Effect.flatMap(log.ended, (ended) =>
        ended ? Effect.void : Deferred.succeed(turn.abandoned, undefined),
      )
      return { turnId: turn.turnId, events: Stream.ensuring(log.follow(0), leave) }
    }),
  })
})

const shortAnswer = 40
const knownByItself = 0.5

/** What a message asks about when it may answer the question that the session's last turn asked back. */
const refine = (message: string, { product, question }: OpenQuestion, hs: HarmonizedSystem["Service"]): string => {
  const said = message.trim().toLowerCase()
  const option = question.options.find(
    ({ label }) => said.includes(label.toLowerCase()) || label.toLowerCase().includes(said),
  )
  if (option) return option.refinement ?? product
  const byItself = hs.recognize(message).candidates[0]?.confidence ?? 0
  return message.length <= shortAnswer && byItself < knownByItself ? `${message} ${product}` : message
}

interface Services {
  readonly hs: HarmonizedSystem["Service"]
  readonly detail: DetailPages["Service"]
  readonly model: AnswerModel["Service"]
  readonly history: ChatHistory["Service"]
}

const openTurn = Effect.fnUntraced(function* (
  request: TurnRequest,
  subject: string,
  { hs }: Services,
  log: Parameters<typeof makeVoice>[0],
) {
  const started = yield* Clock.currentTimeMillis
  const recognized = hs.recognize(subject)
  const recognition = request.language === null ? recognized : { ...recognized, language: request.language }
  const detail = yield* Deferred.make<DetailResult | null>()
  const best = recognition.candidates[0]
  const placed = (candidate: Candidate): PlacedCandidate => ({
    ...candidate,
    chain: hs.nomenclature.chain(candidate.code).map(({ code, names }) => ({ code, names })),
    tell: hs.nomenclature.get(candidate.code)?.tell ?? null,
    distinction: best === undefined || best.code === candidate.code ? null : hs.distinguish(best.code, candidate.code),
  })
  const detected = settle(recognition.candidates, hs.nomenclature)
  const grounding: Grounding = {
    message: request.message,
    intent: detectIntent(request.message, recognition),
    recognition,
    candidates: recognition.candidates.map(placed),
    detected: detected && placed(detected),
    question: hs.question(recognition),
    evidence: Effect.map(Deferred.poll(detail).pipe(Effect.flatMap(Effect.transposeOption)), (result) =>
      Option.match(result, { onNone: () => [], onSome: (known) => known?.info.evidence ?? [] }),
    ),
  }
  return {
    turnId: TurnId.make(randomUUID()),
    caller: request.caller,
    sessionId: request.caller._tag === "Guest" ? null : (request.sessionId ?? SessionId.make(randomUUID())),
    grounding,
    voice: makeVoice(log, recognition.language),
    detail,
    abandoned: yield* Deferred.make<void>(),
    started,
  } satisfies TurnContext
})

const greet = Effect.fnUntraced(function* (
  { turnId, caller, sessionId, grounding, voice }: TurnContext,
  request: TurnRequest,
  context7: boolean,
) {
  const { recognition, intent } = grounding
  const isAuthenticated = caller._tag === "Member"
  yield* voice.say({
    eventType: "initial_metadata",
    turnId,
    sessionId,
    isAuthenticated,
    sessionCreated: isAuthenticated && request.sessionId === null,
    intent: intent.primary,
    claudeIntent: intent.primary,
    estimatedTime: context7 ? 3 : 1,
    parallelProcessing: true,
    ragEnabled: context7,
  })
  const info = {
    isAuthenticated,
    userType: isAuthenticated ? ("MEMBER" as const) : ("GUEST" as const),
    sessionId,
    recordingEnabled: isAuthenticated,
    message: sessionNote(isAuthenticated)[recognition.language],
  }
  yield* voice.say({
    eventType: "session_info",
    ...info,
    sessionInfo: info,
    ...(sessionId === null ? {} : { session_uuid: sessionId }),
  })
  yield* voice.announce("intent_analysis")
  yield* voice.announce("parallel_processing_start")
})

const runTurn = Effect.fnUntraced(function* (turn: TurnContext, request: TurnRequest, services: Services) {
  const { caller, sessionId } = turn
  yield* greet(turn, request, services.detail.context7Enabled)
  const outcome = yield* Deferred.make<Outcome>()
  const saving = { started: turn.started }

  const answering = timed(Effect.tapDefect(answerTask(turn, services.model), sayBroken(turn, "A", "ANSWER_FAILED")))
  const preparing = timed(
    Effect.tapDefect(
      services.detail.prepare(turn.grounding.recognition, turn.voice),
      sayBroken(turn, "B", "DETAIL_PAGE_FAILED"),
    ),
  ).pipe(Effect.tap(({ exit }) => Deferred.succeed(turn.detail, Exit.isSuccess(exit) ? exit.value : null)))
  const recording =
    caller._tag === "Member" && sessionId !== null
      ? timed(recordTask({ ...turn, sessionId }, caller.userId, services.history, outcome))
      : Effect.succeed(null)

  const [[detail, answer], record] = yield* Effect.all(
    [
      Effect.all([preparing, answering], { concurrency: "unbounded" }).pipe(
        Effect.tap(([detail, answer]) =>
          Effect.flatMap(Clock.currentTimeMillis, (ended) => {
            const record =
              caller._tag === "Member" ? { exit: Exit.succeed({ messagesSaved: 2, work: 0 }), ...saving, ended } : null
            return Deferred.succeed(outcome, outcomeOf(turn, answer, detail, record, ended))
          }),
        ),
      ),
      recording,
    ],
    { concurrency: "unbounded" },
  )

  const final = outcomeOf(turn, answer, detail, record, yield* Clock.currentTimeMillis)
  yield* turn.voice.say({ eventType: "stream_end", status: final.status, parallelTaskMetrics: final.metrics })
})

/** A defect is ours: logged with the turn's id, and told to the reader as one task's failure. */
const sayBroken = (turn: TurnContext, task: "A" | "B", errorCode: string) => (defect: unknown) => {
  const message =
    turn.grounding.recognition.language === "ko" ? "내부 오류가 발생했습니다." : "Something went wrong on our side."
  return Effect.logError("task broken", { task, turnId: turn.turnId, defect }).pipe(
    Effect.andThen(
      turn.voice.say({
        eventType: "error",
        type: "error",
        errorCode,
        errorMessage: message,
        message,
        error: { type: "Defect", message: turn.turnId },
        task,
        recoverable: false,
      }),
    ),
  )
}

const nothingAnswered: AnswerResult = { content: "", model: "none", finishReason: "error", pieces: 0 }

const outcomeOf = (
  turn: TurnContext,
  answered: TaskRun<AnswerResult, never>,
  prepared: TaskRun<DetailResult, never>,
  recorded: TaskRun<RecordResult, unknown> | null,
  ended: number,
): Outcome => {
  const answer = Exit.isSuccess(answered.exit) ? answered.exit.value : nothingAnswered
  const detail = Exit.isSuccess(prepared.exit) ? prepared.exit.value : null
  const record = recorded && Exit.isSuccess(recorded.exit) ? recorded.exit.value : null
  const statusA =
    answer.finishReason === "error" ? "failed" : answer.finishReason === "cancelled" ? "cancelled" : "completed"
  const statusB = detail === null ? "failed" : detail.fallbackUsed ? "fallback" : "completed"
  const statusC = recorded === null ? "skipped" : record === null ? "failed" : "completed"
  const tasks: ParallelTaskMetrics["task_execution"] = {
    task_a: {
      ...timingOf("ai_response_generation", statusA, answered),
      pieces: answer.pieces,
      characters: answer.content.length,
    },
    task_b: {
      ...timingOf("detail_page_preparation", statusB, prepared),
      buttons: detail?.buttons.length ?? 0,
      context7_calls: detail?.context7?.performance.total_api_calls ?? 0,
    },
    task_c: { ...timingOf("chat_history_saving", statusC, recorded), messages_saved: record?.messagesSaved ?? 0 },
  }
  const moments = {
    started: turn.started,
    ended,
    firstToken: turn.voice.firstToken(),
    firstButton: turn.voice.firstButton(),
  }
  return {
    answer,
    detail,
    status: statusOf(statusA, [statusB, statusC], answer),
    metrics: metricsOf(tasks, moments, record?.work ?? 0),
  }
}

const statusOf = (
  answer: "completed" | "cancelled" | "failed",
  others: ReadonlyArray<string>,
  { content }: AnswerResult,
): TurnStatus => {
  if (answer === "cancelled") return "cancelled"
  if (answer === "failed") return content === "" ? "failed" : "partial"
  return others.includes("failed") ? "partial" : "completed"
}
