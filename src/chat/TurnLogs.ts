/**
 * The logs of all turns, by turn: those that run here, those that ended here lately, and, with Redis, those of other
 * instances. A turn can be read for ten minutes after its end, or until memory is needed.
 */
import { Clock, Context, Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { Redis } from "effect/persistence"
import type { Caller, TurnId } from "../domain/Turn.ts"
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
    /** Keeps the log of a turn that starts here. */
    readonly keep: (turnId: TurnId, caller: Caller, log: TurnLog) => Effect.Effect<void>
    /** The turn's log, if it is the caller's; a guest's is whoever's that knows its id. */
    readonly find: (
      turnId: TurnId,
      caller: Caller,
    ) => Effect.Effect<Reading, TurnGone | TurnForbidden | TurnUnreachable>
    /** Whether anybody reads the turn, on any instance. */
    readonly isFollowed: (turnId: TurnId) => Effect.Effect<boolean>
    /** Asks whichever other instance runs the turn to stop it. */
    readonly askToStop: (turnId: TurnId) => Effect.Effect<void, TurnUnreachable>
    /** Turns that other instances ask this one to stop. */
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
  readonly log: TurnLog
  endedAt: number | null
}

const make = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const redis = yield* Effect.serviceOption(Redis.Redis)
  const shared = Option.isSome(redis) ? yield* makeSharedLogs(redis.value, readable) : null
  const entries = new Map<string, Entry>()
  /** In the order of their ends; the oldest go first. */
  const ended: Array<string> = []
  let kept = 0

  const forget = (now: number) => {
    for (let turnId = ended[0]; turnId !== undefined; turnId = ended[0]) {
      const entry = entries.get(turnId)
      const isOld = now - (entry?.endedAt ?? 0) > Duration.toMillis(readable)
      if (!isOld && kept <= keptAtMost) return
      ended.shift()
      kept -= entry?.log.size() ?? 0
      entries.delete(turnId)
    }
  }

  const ends = (turnId: TurnId, entry: Entry) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      entry.endedAt = now
      ended.push(turnId)
      kept += entry.log.size()
      forget(now)
    })

  return TurnLogs.of({
    keep: Effect.fnUntraced(function* (turnId, caller, log) {
      const entry: Entry = { owner: ownerOf(caller), log, endedAt: null }
      entries.set(turnId, entry)
      yield* Effect.forkIn(Effect.andThen(log.whenEnded, ends(turnId, entry)), scope)
      if (shared) yield* Effect.forkIn(shared.write(turnId, entry.owner, log), scope)
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
    stops: shared?.stops ?? Stream.empty,
  })
})

const reached = <A, E>(turnId: TurnId, asking: Effect.Effect<A, E>) =>
  Effect.mapError(asking, () => new TurnUnreachable({ turnId }))
