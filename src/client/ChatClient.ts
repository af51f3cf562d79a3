/** Speaks to the service: asks, resumes, stops. */
import { attendFor, connect } from "./connection.ts"
import { ChatRefused, ConnectionLost, refusalOf } from "./errors.ts"
import { defaultPatience, Failures, type Patience, type Place, type Wait, wait as pause } from "./patience.ts"
import { follow, type Turn } from "./Turn.ts"

export interface ChatClientOptions {
  /** Where the service is, as `https://chat.example`; empty in a browser for the page's own origin. */
  readonly baseUrl: string
  /** A member's token, or where to get a fresh one from for each connection; without it the user is a guest. */
  readonly token?: string | (() => string | null | Promise<string | null>)
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  readonly patience?: Partial<Patience>
  /** Lets time pass; for tests. */
  readonly wait?: Wait
}

export interface Message {
  /** 2 to 1000 characters. */
  readonly message: string
  /** A member's session, for a conversation that goes on. */
  readonly sessionId?: string
  /** By default that of the message. */
  readonly language?: "ko" | "en"
}

export interface FollowOptions {
  /** Ends the connection; `stop` ends the answer. */
  readonly signal?: AbortSignal
}

export interface SendOptions extends FollowOptions {
  /** By default a new one for each call; one of your own where a question must be asked once across reloads. */
  readonly idempotencyKey?: string
}

export interface ChatClient {
  /** Asks at once; every attempt carries the same `Idempotency-Key`, so that the question is answered once. */
  readonly send: (message: Message, options?: SendOptions) => Turn
  /** Follows a turn from behind the event `after`, by default from its start. Ends at once when nothing is left. */
  readonly resume: (turnId: string, after?: number, options?: FollowOptions) => Turn
}

/** Unlike `randomUUID`, which pages without https lack. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")

const eventStream = { accept: "text/event-stream" }

export const createChatClient = (options: ChatClientOptions): ChatClient => {
  const { token, fetch: request = fetch, wait = pause } = options
  const base = `${options.baseUrl.replace(/\/+$/, "")}/api/chat`
  const patience = { ...defaultPatience, ...options.patience }
  const attend = attendFor(patience.stallTimeout, wait)

  const call = async (path: string, init: RequestInit & { readonly headers: Record<string, string> }) => {
    const bearer = typeof token === "function" ? await token() : token
    const headers = bearer ? { ...init.headers, authorization: `Bearer ${bearer}` } : init.headers
    const response = await request(`${base}${path}`, { ...init, headers }).catch((cause: unknown) => {
      throw new ConnectionLost("the service did not answer", { cause })
    })
    if (!response.ok) throw await refusalOf(response)
    return response
  }

  const pathOf = (turnId: string) => `/turns/${encodeURIComponent(turnId)}`

  const goOn = (turnId: string, after: number, signal: AbortSignal) =>
    call(`${pathOf(turnId)}/events`, {
      headers: after > 0 ? { ...eventStream, "last-event-id": `${turnId}-${after}` } : eventStream,
      signal,
    })

  const stop = async (turnId: string): Promise<void> => {
    const failures = new Failures(patience, wait)
    for (;;) {
      try {
        await attend(call(pathOf(turnId), { method: "DELETE", headers: {} }))
        return
      } catch (error) {
        if (error instanceof ChatRefused && error.status === 410) return
        await failures.sitOut(error, { turnId, after: 0 })
      }
    }
  }

  const turn = (
    from: Place,
    open: (place: Place, signal: AbortSignal) => Promise<Response>,
    signal: AbortSignal | undefined,
  ): Turn =>
    follow({
      from,
      connect: (place) => connect((ended) => open(place, ended), { turnId: place.turnId, attend, signal }),
      stop,
      failures: new Failures(patience, wait),
      signal,
    })

  return {
    send: ({ message, sessionId, language }, { signal, idempotencyKey = newKey() } = {}) => {
      const body = JSON.stringify({ message, sessionId, context: language && { language } })
      const headers = { ...eventStream, "content-type": "application/json", "idempotency-key": idempotencyKey }
      const open = ({ turnId, after }: Place, ended: AbortSignal) =>
        turnId === null ? call("", { method: "POST", headers, body, signal: ended }) : goOn(turnId, after, ended)
      return turn({ turnId: null, after: 0 }, open, signal)
    },
    resume: (turnId, after = 0, { signal } = {}) =>
      turn({ turnId, after }, (place, ended) => goOn(turnId, place.after, ended), signal),
  }
}
