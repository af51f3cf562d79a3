/**
 * A turn's events: numbered from 1 without a gap, encoded once, kept in order, read by any number of readers from any
 * point at their own speed.
 *
 *     append ──► [1][2][3]…[n] ◄── follow(after): what is there, then what comes, until the last event
 */
import { Clock, Deferred, Effect, Option, Schema, Stream } from "effect"
import { ChatEvent, type ChatEventBody, isLast } from "../domain/ChatEvent.ts"

export interface LoggedEvent {
  readonly sequence: number
  readonly name: ChatEventBody["eventType"]
  /** One line of JSON. */
  readonly data: string
}

export interface TurnLog {
  readonly append: (event: ChatEventBody) => Effect.Effect<LoggedEvent>
  /** Events with a higher sequence than `after`, live; ends behind the turn's last event. */
  readonly follow: (after: number) => Stream.Stream<LoggedEvent>
  readonly ended: Effect.Effect<boolean>
}

const encode = Schema.encodeSync(Schema.fromJsonString(ChatEvent))

export const makeTurnLog: Effect.Effect<TurnLog> = Effect.sync(() => {
  const events: Array<LoggedEvent> = []
  let grown = Deferred.makeUnsafe<void>()
  let ended = false

  const append = (event: ChatEventBody) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const sequence = events.length + 1
      const stamped = { ...event, sequence, timestamp: new Date(now).toISOString() } as ChatEvent
      const logged = { sequence, name: event.eventType, data: encode(stamped) }
      events.push(logged)
      ended = isLast(event)
      const waiting = grown
      grown = Deferred.makeUnsafe()
      Deferred.doneUnsafe(waiting, Effect.void)
      return logged
    })

  const next = (after: number): Effect.Effect<readonly [ReadonlyArray<LoggedEvent>, Option.Option<number>]> =>
    Effect.suspend(() => {
      if (after < events.length) return Effect.succeed([events.slice(after), Option.some(events.length)] as const)
      if (ended) return Effect.succeed([[], Option.none()] as const)
      return Effect.flatMap(Deferred.await(grown), () => next(after))
    })

  return { append, follow: (after) => Stream.paginate(after, next), ended: Effect.sync(() => ended) }
})
