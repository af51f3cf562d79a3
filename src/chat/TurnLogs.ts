/**
 * The logs of all turns, by turn: those that run here, those that ended here lately, and, with Redis, those of other
 * instances. A turn can be read for ten minutes after its end, or until memory is needed.
 */
import { Clock, Context, Duration, Effect, Fiber, Layer, Option, Queue, Schema, Stream } from "effect"
import { Redis } from "effect/persistence"
import type { Caller, SessionId, TurnId, UserId } from "../domain/Turn.ts"
import { anybody, ownerOf } from "./ownerOf.ts"
import { makeSharedLogs } from "./SharedLogs.ts"
import type { LoggedEvent, TurnLog } from "./TurnLog.ts"

/** There is no such turn, or its events are no longer kept. */
export class TurnGone extends Schema.TaggedError<TurnGone>()("TurnGone", { turnId: Schema.String }) {}

/** The turn is a member's, and the caller is somebody else. */
export class TurnForbidden extends Schema.TaggedError<TurnForbidden>()("TurnForbidden", { turnId: Schema.String }) {}

/** Whether there is such a turn elsewhere cannot be told now. */
export class TurnUnreachable extends Schema.TaggedError<TurnUnreachable>()("TurnUnreachable", {
  turnId: Schema.String,
}) {}

export interface Reading {
  /** Whether nothing will come after this sequence. */
  readonly isOver: (after: number) => Effect.Effect<boolean>
  readonly follow: (after: number) => Stream.Stream<LoggedEvent>
}

export class TurnLogs extends Context.Service<
  TurnLogs,
  {
    /** Keeps the log of a turn that starts here, in its session if it has one. */
    readonly keep: (turnId: TurnId, caller: Caller, sessionId: SessionId | null, log: TurnLog) => Effect.Effect<void>
    /** The turn's log, if it is the caller's; a guest's is whoever's that knows its id. */
    readonly find: (
      turnId: TurnId,
      caller: Caller,
    ) => Effect.Effect<Reading, TurnGone | TurnForbidden | TurnUnreachable>
    /** Whether anybody reads the turn, on any instance. */
    readonly isFollowed: (turnId: TurnId) => Effect.Effect<boolean>
    /** Asks whichever other instance runs the turn to stop it. */
    readonly askToStop: (turnId: TurnId) => Effect.Effect<void, TurnUnreachable>
    /** Forgets a member's turns, on every instance: those of one session, or all. Who reads one now reads it to its end. */
    readonly forget: (member: UserId, sessionId: SessionId | null) => Effect.Effect<void>
    /** Turns that are to stop: other instances ask for it, or they were forgotten. */
    readonly stops: Stream.Stream<string>
  }
>()("hs-trade-chat/chat/TurnLogs") {
  static readonly layer = Layer.effect(
    TurnLogs,
    Effect.suspend(() => make),
  )
}

const readable = Duration.minutes(10)

/** Characters of ended turns that this process keeps. */
const keptAtMost = 64_000_000

interface Entry {
  readonly owner: string
  readonly sessionId: SessionId | null
  readonly log: TurnLog
  readonly shipping: Fiber.Fiber<void> | null
  endedAt: number | null
}

const make = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const redis = yield* Effect.serviceOption(Redis.Redis)
  const shared = Option.isSome(redis) ? yield* makeSharedLogs(redis.value, readable) : null
  const entries = new Map<string, Entry>()
  /** In the order of their ends; the oldest go first. */
  const ended: Array<string> = []
  const forgotten = yield* Queue.unbounded<string>()
  let kept = 0

  const drop = Effect.fnUntraced(function* (turnId: string) {
    const entry = entries.get(turnId)
    if (!entry) return
    entries.delete(turnId)
    if (entry.endedAt !== null) kept -= entry.log.size()
    if (entry.shipping) yield* Fiber.interrupt(entry.shipping)
    // It may have shipped a last piece behind whoever forgot the turn.
    if (shared) yield* Effect.ignore(shared.remove(turnId))
    yield* Queue.offer(forgotten, turnId)
  })
  if (shared) yield* Effect.forkScoped(Stream.runForEach(shared.forgets, drop))

  const forget = (now: number) => {
    for (let turnId = ended[0]; turnId !== undefined; turnId = ended[0]) {
      const entry = entries.get(turnId)
      const isOld = now - (entry?.endedAt ?? 0) > Duration.toMillis(readable)
      if (!isOld && kept <= keptAtMost) return
      ended.shift()
      kept -= entry?.log.size() ?? 0
      // One that still waits for Redis would keep the log in memory.
      entry?.shipping?.interruptUnsafe()
      entries.delete(turnId)
    }
  }

  const ends = (turnId: TurnId, entry: Entry) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (entries.get(turnId) !== entry) return
      entry.endedAt = now
      ended.push(turnId)
      kept += entry.log.size()
      forget(now)
    })

  return TurnLogs.of({
    keep: Effect.fnUntraced(function* (turnId, caller, sessionId, log) {
      const owner = ownerOf(caller)
      const shipping = shared ? yield* Effect.forkIn(shared.write(turnId, owner, sessionId, log), scope) : null
      const entry: Entry = { owner, sessionId, log, shipping, endedAt: null }
      entries.set(turnId, entry)
      yield* Effect.forkIn(Effect.andThen(log.whenEnded, ends(turnId, entry)), scope)
    }),
    find: Effect.fnUntraced(function* (turnId, caller) {
      forget(yield* Clock.currentTimeMillis)
      const here = entries.get(turnId)
      const elsewhere = here === undefined && shared ? yield* reached(turnId, shared.read(turnId)) : null
      const owner = here?.owner ?? elsewhere?.owner
      if (owner === undefined) return yield* new TurnGone({ turnId })
      if (owner !== anybody && owner !== ownerOf(caller)) return yield* new TurnForbidden({ turnId })
      if (elsewhere) return elsewhere
      const { log } = here as Entry
      return { follow: log.follow, isOver: (after) => Effect.sync(() => log.isOver(after)) }
    }),
    isFollowed: (turnId) => {
      const here = (entries.get(turnId)?.log.readers() ?? 0) > 0
      return here || shared === null ? Effect.succeed(here) : shared.isFollowed(turnId)
    },
    askToStop: (turnId) => (shared ? reached(turnId, shared.stop(turnId)) : Effect.void),
    forget: Effect.fnUntraced(function* (userId, sessionId) {
      const owner = ownerOf({ _tag: "Member", userId })
      const isMeant = (entry: Entry) => entry.owner === owner && (sessionId === null || entry.sessionId === sessionId)
      const here = [...entries].filter(([, entry]) => isMeant(entry))
      yield* Effect.forEach(here, ([turnId]) => drop(turnId), { discard: true })
      if (shared) yield* shared.forget(owner, sessionId)
    }),
    stops: Stream.merge(Stream.fromQueue(forgotten), shared?.stops ?? Stream.empty),
  })
})

const reached = <A, E>(turnId: TurnId, asking: Effect.Effect<A, E>) =>
  Effect.mapError(asking, () => new TurnUnreachable({ turnId }))
