/**
 * One turn over as many connections as it takes.
 *
 *     send ──► connection ──► event 1 … n ──✂── resume after n ──► n+1 … stream_end
 */
import type { Connection } from "./connection.ts"
import { ConnectionLost } from "./errors.ts"
import { isGapNotice, type TurnEvent } from "./events.ts"
import type { Failures, Place } from "./patience.ts"

export interface Turn {
  /** Known once the service has taken the question; rejects when it refuses it. Keep it to `resume` after a reload. */
  readonly turnId: Promise<string>
  /**
   * Each event once and in order, up to `stream_end`; for one reader. Fails with `ChatRefused`, `ChatInterrupted` or the
   * signal's reason. Leaving the loop ends the connection and not the turn.
   */
  readonly events: AsyncIterableIterator<TurnEvent>
  /** Ends the answer. The events of the end still come. */
  readonly stop: () => Promise<void>
}

interface Following {
  readonly from: Place
  readonly connect: (place: Place) => Promise<Connection>
  readonly stop: (turnId: string) => Promise<void>
  readonly failures: Failures
  readonly signal: AbortSignal | undefined
}

export const follow = ({ from, connect, stop, failures, signal }: Following): Turn => {
  let place = from

  const reach = async (): Promise<Connection> => {
    for (;;) {
      try {
        const connection = await connect(place)
        place = { ...place, turnId: connection.turnId }
        return connection
      } catch (error) {
        await failures.sitOut(error, place, signal)
      }
    }
  }

  /** What was not read yet; fails where something is missing without a word. */
  async function* news({ events, over }: Connection) {
    let told = false
    for await (const event of events) {
      signal?.throwIfAborted()
      const isNew = event.sequence > place.after
      told ||= isGapNotice(event)
      if (isNew) {
        if (event.sequence > place.after + 1 && !told) throw new ConnectionLost("events are missing")
        place = { ...place, after: event.sequence }
        failures.forget()
      } else if (!isGapNotice(event)) continue
      yield event
      if (event.eventType === "stream_end") return
    }
    if (!over) throw new ConnectionLost("the stream ended before the turn")
  }

  async function* read(first: Promise<Connection>) {
    for (let connection = await first; ; connection = await reach()) {
      try {
        yield* news(connection)
        return
      } catch (error) {
        await failures.sitOut(error, place, signal)
      }
    }
  }

  const first = reach()
  const turnId = first.then((connection) => connection.turnId)
  /** Whoever reads only the events hears of a refusal there. */
  turnId.catch(() => {})
  return { turnId, events: read(first), stop: async () => stop(await turnId) }
}
