/**
 * One message, three tasks that start together, one ordered log. A turn belongs to this service, not to the request that
 * started it: when its last reader leaves, the answer stops and a member's record is still written.
 */
import { Clock, Config, Context, Deferred, Effect, Exit, FiberSet, Layer, Option, Schema, Stream } from "effect"
import { Language } from "../domain/Recognition.ts"
import type { TurnId } from "../domain/Turn.ts"
import { AnswerModel } from "../answer/AnswerModel.ts"
import { DetailPages } from "../detail/DetailPages.ts"
import { RecentQueries } from "../detail/RecentQueries.ts"
import { EvidenceShelf } from "../detail/EvidenceShelf.ts"
import { ChatHistory, type SessionForbidden, type SessionNotFound } from "../history/ChatHistory.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { TariffSchedules } from "../tariff/TariffSchedules.ts"
import { answerTask } from "./answerTask.ts"
import { greet, openTurn, refine } from "./openTurn.ts"
import { outcomeOf } from "./outcome.ts"
import { timed } from "./ParallelTasks.ts"
import { type Outcome, recordTask } from "./recordTask.ts"
import { foundBy, type TurnContext, type TurnRequest } from "./TurnContext.ts"
import { type LoggedEvent, makeTurnLog } from "./TurnLog.ts"

export interface Turn {
  readonly turnId: TurnId
  /** The turn's events from the first one on. Leaving it before its end counts as leaving the turn. */
  readonly events: Stream.Stream<LoggedEvent>
}

/** The message is about something else than trade; only when `TRADE_FILTER` is on. */
export class NotTrade extends Schema.TaggedError<NotTrade>()("NotTrade", { language: Language }) {}

export class ChatTurn extends Context.Service<
  ChatTurn,
  {
    /** Starts a turn; fails before its first event when the session is not the caller's or the filter refuses. */
    readonly start: (request: TurnRequest) => Effect.Effect<Turn, SessionNotFound | SessionForbidden | NotTrade>
  }
>()("hs-trade-chat/chat/ChatTurn") {
  static readonly layer = Layer.effect(
    ChatTurn,
    Effect.suspend(() => make),
  )
}

/** How long a shutdown waits for turns that are running. */
const grace = "20 seconds"

const tradeFilter = Config.schema(Schema.Literals(["off", "on"]), "TRADE_FILTER").pipe(Config.withDefault("off"))

const make = Effect.gen(function* () {
  const tradeOnly = (yield* tradeFilter) === "on"
  const services: Services = {
    hs: yield* HarmonizedSystem,
    detail: yield* DetailPages,
    model: yield* AnswerModel,
    history: yield* ChatHistory,
    schedules: yield* TariffSchedules,
    shelf: yield* EvidenceShelf,
    recent: yield* RecentQueries,
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
      const turn = yield* openTurn(request, subject, services.hs, services.schedules, services.history, log)
      const { intent, recognition } = turn.grounding
      const answersBack = subject !== request.message
      if (tradeOnly && !intent.trade && !answersBack) return yield* new NotTrade({ language: recognition.language })
      const run =
        caller._tag === "Guest"
          ? Effect.raceFirst(runTurn(turn, request, services), Deferred.await(turn.abandoned))
          : runTurn(turn, request, services)
      yield* FiberSet.run(
        running,
        Effect.withSpan(Effect.andThen(run, shelve(turn, services.shelf)), "ChatTurn", {
          attributes: { "turn.id": turn.turnId, "turn.caller": caller._tag },
        }),
      )
      const leave = Effect.flatMap(log.ended, (ended) =>
        ended ? Effect.void : Deferred.succeed(turn.abandoned, undefined),
      )
      return { turnId: turn.turnId, events: Stream.ensuring(log.follow(0), leave) }
    }),
  })
})

interface Services {
  readonly hs: HarmonizedSystem["Service"]
  readonly detail: DetailPages["Service"]
  readonly model: AnswerModel["Service"]
  readonly history: ChatHistory["Service"]
  readonly schedules: TariffSchedules["Service"]
  readonly shelf: EvidenceShelf["Service"]
  readonly recent: RecentQueries["Service"]
}

const runTurn = Effect.fnUntraced(function* (turn: TurnContext, request: TurnRequest, services: Services) {
  const { caller, sessionId } = turn
  yield* greet(turn, request, services.detail.context7Enabled)
  const outcome = yield* Deferred.make<Outcome>()

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
              caller._tag === "Member"
                ? { exit: Exit.succeed({ messagesSaved: 2, work: 0 }), started: turn.started, ended }
                : null
            return Deferred.succeed(outcome, outcomeOf(turn, answer, detail, record, ended))
          }),
        ),
      ),
      recording,
      note(turn, services.recent),
    ],
    { concurrency: "unbounded" },
  )

  const final = outcomeOf(turn, answer, detail, record, yield* Clock.currentTimeMillis)
  yield* turn.voice.say({ eventType: "stream_end", status: final.status, parallelTaskMetrics: final.metrics })
})

/** What the turn found is there for the code's page, whoever asked; what another turn found is there already. */
const shelve = (turn: TurnContext, shelf: EvidenceShelf["Service"]) =>
  Effect.gen(function* () {
    const found = Option.getOrNull(yield* foundBy(turn))
    if (!found || found.cacheHit) return
    const { detected, evidence } = found.info
    if (detected && evidence.length > 0) yield* shelf.keep(detected.code, evidence)
  })

/** What a member asked for is among the member's recent queries when the turn ends. */
const note = ({ caller, detail, grounding }: TurnContext, recent: RecentQueries["Service"]) =>
  caller._tag === "Guest"
    ? Effect.void
    : Effect.flatMap(Deferred.await(detail), (found) =>
        recent.note(caller.userId, grounding.recognition, found?.info.detected?.code ?? null),
      )

/** A defect is ours: logged with the turn's id, and told to the reader as one task's failure. */
const sayBroken = (turn: TurnContext, task: "A" | "B", errorCode: string) => (defect: unknown) => {
  const message =
    turn.grounding.recognition.language === "ko" ? "내부 오류가 발생했습니다." : "Something went wrong on our side."
  return Effect.logError("task broken", { task, turnId: turn.turnId, defect }).pipe(
    Effect.andThen(
      turn.voice.sayError({
        task,
        errorCode,
        message,
        cause: { type: "Defect", message: turn.turnId },
        recoverable: false,
      }),
    ),
  )
}
