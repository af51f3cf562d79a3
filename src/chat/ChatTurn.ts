/**
 * One message, three tasks that start together, one ordered log. A turn belongs to this service, not to the request that
 * started it: readers come and go. When nobody reads it for a while, or somebody stops it, the answer ends with what it has
 * and the rest is finished.
 */
import {
  type Cause,
  Clock,
  Config,
  Context,
  Deferred,
  Effect,
  FiberMap,
  FiberSet,
  Layer,
  Option,
  Ref,
  Schedule,
  Schema,
  Semaphore,
  Stream,
} from "effect"
import { randomUUID } from "node:crypto"
import { Language } from "../domain/Recognition.ts"
import { type Caller, type SessionId, TurnId, type UserId } from "../domain/Turn.ts"
import { AnswerModel } from "../answer/AnswerModel.ts"
import { DetailPages } from "../detail/DetailPages.ts"
import { RecentQueries } from "../detail/RecentQueries.ts"
import { EvidenceShelf } from "../detail/EvidenceShelf.ts"
import { ChatHistory, type SessionForbidden, type SessionNotFound } from "../history/ChatHistory.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { TariffSchedules } from "../tariff/TariffSchedules.ts"
import { type KeyReused, makeIdempotency } from "./Idempotency.ts"
import { steadyClock } from "./steadyClock.ts"
import { openTurn, subjectOf } from "./openTurn.ts"
import { runTurn, type Services, shelve } from "./runTurn.ts"
import type { Ending, TurnRequest } from "./TurnContext.ts"
import { observeLeft, observeOpen, observeReader, observeRefusal, startFromZero } from "./turnMetrics.ts"
import { lostEnd } from "./lostTurn.ts"
import { type LoggedEvent, makeTurnLog, type TurnLog } from "./TurnLog.ts"
import { type Reading, type TurnForbidden, type TurnGone, TurnLogs, type TurnUnreachable } from "./TurnLogs.ts"

export interface Turn {
  readonly turnId: TurnId
  /** The turn's events behind the point that was asked for, to the last one. */
  readonly events: Stream.Stream<LoggedEvent>
}

/** The message is about something else than trade; only when `TRADE_FILTER` is on. */
class NotTrade extends Schema.TaggedError<NotTrade>()("NotTrade", { language: Language }) {}

/** No turn starts here now: as many run as may, or the service shuts down. */
class TurnsRefused extends Schema.TaggedError<TurnsRefused>()("TurnsRefused", {
  reason: Schema.Literals(["busy", "draining"]),
}) {}

export type ReadError = TurnGone | TurnForbidden | TurnUnreachable
export type StartError = SessionNotFound | SessionForbidden | NotTrade | TurnsRefused | KeyReused | ReadError

export class ChatTurn extends Context.Service<
  ChatTurn,
  {
    /** Starts a turn, or joins the one that the request's key stands for. Fails before its first event. */
    readonly start: (request: TurnRequest) => Effect.Effect<Turn, StartError>
    /** The rest of a turn; none when nothing is behind that sequence and nothing will be. */
    readonly resume: (turnId: TurnId, after: number, caller: Caller) => Effect.Effect<Option.Option<Turn>, ReadError>
    /** Ends the answer now; again, or after the turn's end, it changes nothing. */
    readonly stop: (turnId: TurnId, caller: Caller) => Effect.Effect<void, ReadError>
    /** Stops and forgets a member's turns, those of one session or all: what is erased cannot be read again. */
    readonly forget: (member: UserId, sessionId: SessionId | null) => Effect.Effect<void>
    /** Whether new turns are taken. */
    readonly isOpen: Effect.Effect<boolean>
    /** Takes no more turns, lets those that run end, and cuts short what takes too long. */
    readonly drain: Effect.Effect<void>
  }
>()("hs-trade-chat/chat/ChatTurn") {
  static readonly layer = Layer.effect(
    ChatTurn,
    Effect.suspend(() => make),
  ).pipe(Layer.provide(TurnLogs.layer))
}

/** How long a turn goes on without anybody who reads it. */
const grace = "15 seconds"

/** How long a shutdown waits for turns to end, and then for those that it cut short. */
const drainsFor = "20 seconds"
const cutWithin = "5 seconds"

/** Turns that wait to begin: what takes more than about a second of them is shed, or all would wait ever longer. */
const mostWaiting = 500

/** How long a retry waits for the turn that it joins to begin. */
const begins = Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 60 }))

const config = Config.all({
  tradeFilter: Config.schema(Schema.Literals(["off", "on"]), "TRADE_FILTER").pipe(Config.withDefault("off")),
  mostAtOnce: Config.schema(
    Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum: 100_000 })),
    "MAX_ACTIVE_TURNS",
  ).pipe(Config.withDefault(2000)),
})

const make = Effect.gen(function* () {
  const { mostAtOnce, tradeFilter } = yield* config
  yield* startFromZero
  const services: Services = {
    hs: yield* HarmonizedSystem,
    detail: yield* DetailPages,
    model: yield* AnswerModel,
    history: yield* ChatHistory,
    schedules: yield* TariffSchedules,
    shelf: yield* EvidenceShelf,
    recent: yield* RecentQueries,
  }
  const logs = yield* TurnLogs
  const keys = yield* makeIdempotency
  const watching = yield* FiberMap.make<string, void>()
  const running = yield* FiberSet.make<void>()
  const endings = new Map<string, Deferred.Deferred<Ending>>()
  let waiting = 0
  const draining = yield* Ref.make(false)
  /** However many ask at the same moment, others are served between two beginnings: recognising takes the processor. */
  const oneByOne = Semaphore.makeUnsafe(1).withPermits(1)

  const end = (turnId: string, how: Ending): Effect.Effect<void> => {
    const ending = endings.get(turnId)
    return ending ? Effect.asVoid(Deferred.succeed(ending, how)) : Effect.void
  }
  yield* logs.stops.pipe(
    Stream.runForEach((turnId) => end(turnId, "stopped")),
    Effect.forkScoped,
  )

  /** The grace counts from when its last reader left: a new watch takes the place of the one before. */
  const abandonUnread = (turnId: TurnId) => {
    const watch: Effect.Effect<void> = Effect.sleep(grace).pipe(
      Effect.andThen(() => logs.isFollowed(turnId)),
      Effect.flatMap((followed) => (followed ? watch : end(turnId, "stopped"))),
    )
    return Effect.suspend(() => (endings.has(turnId) ? FiberMap.run(watching, turnId, watch) : Effect.void))
  }

  const from = (turnId: TurnId, after: number, { follow }: Reading): Turn => ({
    turnId,
    events: Stream.unwrap(Effect.as(observeReader(after > 0), follow(after))).pipe(
      Stream.ensuring(Effect.andThen(observeLeft, abandonUnread(turnId))),
    ),
  })

  const unlessDraining = Effect.flatMap(Ref.get(draining), (closed) =>
    closed ? Effect.fail(new TurnsRefused({ reason: "draining" })) : Effect.void,
  )
  /** Those that wait for their beginning count too. */
  const admitted = <A, E>(beginning: Effect.Effect<A, E>) =>
    Effect.suspend((): Effect.Effect<A, E | TurnsRefused> => {
      if (endings.size + waiting >= mostAtOnce || waiting >= mostWaiting)
        return Effect.fail(new TurnsRefused({ reason: "busy" }))
      waiting += 1
      return Effect.ensuring(
        beginning,
        Effect.sync(() => (waiting -= 1)),
      )
    })

  const begin = Effect.fnUntraced(function* (request: TurnRequest, turnId: TurnId) {
    yield* unlessDraining
    const subject = yield* subjectOf(request, services.history, services.hs)
    const log = yield* makeTurnLog()
    const onItsClock = Effect.provideService(Clock.Clock, steadyClock(yield* Clock.Clock))
    const opened = onItsClock(openTurn(request, subject, services, log, turnId))
    const turn = yield* oneByOne(Effect.andThen(Effect.yieldNow, opened))
    yield* unlessDraining
    const { intent, recognition } = turn.grounding
    const answersBack = subject !== request.message
    if (tradeFilter === "on" && !intent.trade && !answersBack) {
      return yield* new NotTrade({ language: recognition.language })
    }
    const run = runTurn(turn, request, services).pipe(
      Effect.onError((cause) => sayLost(turnId, log, cause)),
      Effect.ensuring(
        Effect.suspend(() => {
          endings.delete(turnId)
          return Effect.andThen(observeOpen(endings.size), FiberMap.remove(watching, turnId))
        }),
      ),
      Effect.andThen(shelve(turn, services.shelf)),
      Effect.withSpan("ChatTurn", { attributes: { "turn.id": turnId, "turn.caller": request.caller._tag } }),
      onItsClock,
    )
    const goes = Effect.gen(function* () {
      yield* logs.keep(turnId, request.caller, turn.sessionId, log)
      endings.set(turnId, turn.ending)
      yield* observeOpen(endings.size)
      yield* abandonUnread(turnId)
      yield* FiberSet.run(running, run)
    })
    yield* Effect.uninterruptible(goes)
  })

  return ChatTurn.of({
    start: Effect.fn("ChatTurn.start")(function* (request: TurnRequest) {
      const turnId = TurnId.make(randomUUID())
      const claimed = yield* keys.claim(request, turnId)
      if (claimed === turnId) {
        const letGo = Effect.suspend(() => (endings.has(turnId) ? Effect.void : keys.release(request)))
        yield* admitted(begin(request, turnId)).pipe(
          Effect.tapError(({ _tag }) => observeRefusal(_tag)),
          Effect.onError(() => letGo),
        )
        yield* keys.keep(request)
      }
      const found = logs.find(claimed, request.caller)
      const joined = Effect.retry(found, { schedule: begins, while: ({ _tag }) => _tag === "TurnGone" })
      return from(claimed, 0, yield* claimed === turnId ? found : joined)
    }),
    resume: Effect.fn("ChatTurn.resume")(function* (turnId: TurnId, after: number, caller: Caller) {
      const reading = yield* logs.find(turnId, caller)
      return (yield* reading.isOver(after)) ? Option.none() : Option.some(from(turnId, after, reading))
    }),
    stop: Effect.fn("ChatTurn.stop")(function* (turnId: TurnId, caller: Caller) {
      yield* logs.find(turnId, caller)
      yield* endings.has(turnId) ? end(turnId, "stopped") : logs.askToStop(turnId)
    }),
    forget: Effect.fn("ChatTurn.forget")(logs.forget),
    isOpen: Effect.map(Ref.get(draining), (closed) => !closed),
    drain: Effect.gen(function* () {
      yield* Ref.set(draining, true)
      const ended = FiberSet.awaitEmpty(running)
      yield* Effect.timeoutOption(ended, drainsFor)
      yield* Effect.forEach([...endings.keys()], (turnId) => end(turnId, "drained"), { discard: true })
      yield* Effect.timeoutOption(ended, cutWithin)
    }),
  })
})

/** A fault outside the tasks leaves no reader waiting for an end. */
const sayLost = (turnId: TurnId, log: TurnLog, cause: Cause.Cause<never>) =>
  Effect.gen(function* () {
    if (log.isOver(Number.POSITIVE_INFINITY)) return
    yield* Effect.logError("turn broken", { turnId, cause })
    yield* Effect.forEach(lostEnd(yield* Clock.currentTimeMillis), (event) => log.append(event), { discard: true })
  })
