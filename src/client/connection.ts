/** One connection: its response in time, then its events until it ends, stays silent or is broken. */
import { createParser } from "eventsource-parser"
import { ChatRefused, ConnectionLost } from "./errors.ts"
import { readEvent, type TurnEvent } from "./events.ts"
import type { Wait } from "./patience.ts"

export interface Connection {
  readonly turnId: string
  /** Nothing will come any more (204). */
  readonly over: boolean
  readonly events: AsyncGenerator<TurnEvent, void>
}

type Attend = <A>(work: Promise<A>) => Promise<A>

/** Waits for work, but not longer than that. */
export const attendFor = (milliseconds: number, wait: Wait): Attend => {
  const silence = async (signal: AbortSignal): Promise<never> => {
    await wait(milliseconds, signal)
    throw new ConnectionLost("nothing came for too long")
  }
  return async (work) => {
    const done = new AbortController()
    try {
      return await Promise.race([work, silence(done.signal)])
    } finally {
      done.abort()
    }
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array>, attend: Attend, close: () => void) {
  const arrived: Array<TurnEvent> = []
  const parser = createParser({
    onEvent: (message) => {
      const event = readEvent(message)
      if (event !== null) arrived.push(event)
    },
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  const read = () => attend(reader.read().catch((cause) => Promise.reject(new ConnectionLost("cut", { cause }))))
  try {
    for (let piece = await read(); !piece.done; piece = await read()) {
      parser.feed(decoder.decode(piece.value, { stream: true }))
      yield* arrived.splice(0)
    }
  } finally {
    close()
  }
}

interface Circumstances {
  readonly turnId: string | null
  readonly attend: Attend
  /** Ends the connection, as does leaving its events. */
  readonly signal: AbortSignal | undefined
}

const foreign = (status: number) =>
  new ChatRefused({
    status,
    code: null,
    detail: "What answers there is not the chat, or its X-Turn-Id cannot be read.",
    errors: [],
    retryAfter: null,
  })

export const connect = async (
  request: (signal: AbortSignal) => Promise<Response>,
  { turnId: known, attend, signal }: Circumstances,
): Promise<Connection> => {
  signal?.throwIfAborted()
  const open = new AbortController()
  const close = () => open.abort()
  signal?.addEventListener("abort", close, { once: true, signal: open.signal })
  try {
    const { status, headers, body } = await attend(request(open.signal))
    const turnId = known ?? headers.get("x-turn-id")
    const over = status === 204
    const streams = headers.get("content-type")?.startsWith("text/event-stream") ?? false
    if (turnId === null || !(over || streams)) throw foreign(status)
    return {
      turnId,
      over,
      events: eventsOf(body ?? new ReadableStream({ start: (end) => end.close() }), attend, close),
    }
  } catch (error) {
    close()
    throw error
  }
}
