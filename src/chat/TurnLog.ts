/**
 * A turn's events: numbered from 1 without a gap, encoded once, kept in order, read by any number of readers from any
 * point at their own speed.
 *
 *     append ──► [1][2][3]…[n] ◄── follow(after): what is there, then what comes, until the last event
 *
 * A log that grows too large lets go of its oldest pieces of the answer, and of nothing else; a reader who comes too late
 * for them is told so in their place, with the answer as far as they said it.
 */
import { Clock, Deferred, Effect, identity, Option, Stream } from "effect"
import { type ChatEvent, type ChatEventBody, isLast } from "../domain/ChatEvent.ts"
import { errorEvent } from "./errorEvent.ts"
import { shortened } from "./shortened.ts"

export interface LoggedEvent {
  readonly sequence: number
  readonly name: ChatEventBody["eventType"]
  /** One line of JSON. */
  readonly data: string
}

export interface TurnLog {
  /** Takes place at one instant; `asSaid` sees the event in its place. */
  readonly append: (
    event: ChatEventBody,
    asSaid?: (event: ChatEventBody, now: number) => ChatEventBody,
  ) => Effect.Effect<LoggedEvent>
  /** Events with a higher sequence than `after`, live; ends behind the turn's last event. */
  readonly follow: (after: number) => Stream.Stream<LoggedEvent>
  /** The same for whoever keeps a copy: no reader. */
  readonly copy: (after: number) => Stream.Stream<LoggedEvent>
  /** Whether nothing will come after this sequence. */
  readonly isOver: (after: number) => boolean
  readonly whenEnded: Effect.Effect<void>
  readonly readers: () => number
  /** Characters that it keeps. */
  readonly size: () => number
  /** Events by which the foremost of its readers is behind; 0 without readers. */
  readonly lag: () => number
}

/** Events that a reader takes at a time: what waits for a slow one stays in the log. */
const page = 32

/** Characters of JSON that a log keeps. */
const largest = 1_000_000

/** Events are plain JSON, and the tests decode each by its Schema: encoding them by it would only cost. */
export const stamp = (event: ChatEventBody, sequence: number, now: number): LoggedEvent => {
  const stamped: ChatEvent = { sequence, timestamp: new Date(now).toISOString(), ...event }
  return { sequence, name: event.eventType, data: JSON.stringify(stamped) }
}

export const makeTurnLog = (room = largest): Effect.Effect<TurnLog> =>
  Effect.sync(() => {
    const kept: Array<LoggedEvent> = []
    const readers = new Set<{ at: number }>()
    let last = 0
    let size = 0
    let lost = ""
    let grown = Deferred.makeUnsafe<void>()
    const ended = Deferred.makeUnsafe<void>()
    const isOver = (after: number) => Deferred.isDoneUnsafe(ended) && after >= last

    const trim = () => {
      while (size > room) {
        const index = kept.findIndex(({ name }) => name === "main_message_data")
        const [piece] = index < 0 ? [] : kept.splice(index, 1)
        if (piece === undefined) return
        size -= piece.data.length
        lost += (JSON.parse(piece.data) as { readonly content: string }).content
      }
    }

    const append: TurnLog["append"] = (event, asSaid = identity) =>
      Effect.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        const logged = stamp(asSaid(event, now), last + 1, now)
        last += 1
        kept.push(logged)
        size += logged.data.length
        trim()
        if (isLast(event)) Deferred.doneUnsafe(ended, Effect.void)
        const waiting = grown
        grown = Deferred.makeUnsafe()
        Deferred.doneUnsafe(waiting, Effect.void)
        return Effect.succeed(logged)
      })

    /** From behind `after`; what is missing before an event is told in its place. */
    const since = (after: number, now: number): ReadonlyArray<LoggedEvent> => {
      let expected = after + 1
      const first = firstAfter(kept, after)
      return kept.slice(first, first + page).flatMap((event) => {
        const missing = event.sequence > expected ? [stamp(incomplete(lost), event.sequence - 1, now)] : []
        expected = event.sequence + 1
        return [...missing, event]
      })
    }

    const next = (reader: {
      at: number
    }): Effect.Effect<readonly [ReadonlyArray<LoggedEvent>, Option.Option<typeof reader>]> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (reader.at < last) {
          const events = since(reader.at, now)
          reader.at = events.at(-1)?.sequence ?? last
          return Effect.succeed([events, Option.some(reader)] as const)
        }
        if (isOver(reader.at)) return Effect.succeed([[], Option.none()] as const)
        // What is said in one breath is taken in one.
        return Effect.flatMap(Effect.andThen(Deferred.await(grown), Effect.yieldNow), () => next(reader))
      })

    return {
      append,
      follow: (after) =>
        Stream.suspend(() => {
          const reader = { at: after }
          readers.add(reader)
          return Stream.paginate(reader, next).pipe(Stream.ensuring(Effect.sync(() => readers.delete(reader))))
        }),
      copy: (after) => Stream.suspend(() => Stream.paginate({ at: after }, next)),
      isOver,
      whenEnded: Deferred.await(ended),
      readers: () => readers.size,
      size: () => size,
      lag: () => (readers.size === 0 ? 0 : last - Math.max(...[...readers].map(({ at }) => at))),
    }
  })

const firstAfter = (events: ReadonlyArray<LoggedEvent>, after: number): number => {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.sequence ?? 0) > after) high = middle
    else low = middle + 1
  }
  return low
}

const incomplete = (answer: string): ChatEventBody => ({
  ...errorEvent({
    task: null,
    errorCode: "REPLAY_INCOMPLETE",
    message: "Some pieces of the answer are no longer kept; `partialContent` is what they said.",
    cause: { type: "ReplayIncomplete" },
    recoverable: true,
  }),
  partialContent: shortened(answer).text,
})
