/** How long and how often to try again: exponential delays with jitter (half of each is chance), and what the service asks for. */
import { ChatInterrupted, ChatRefused, ConnectionLost } from "./errors.ts"

/** Resolves after that many milliseconds, rejects with the signal's reason when that comes first. */
export type Wait = (milliseconds: number, signal?: AbortSignal) => Promise<void>

export interface Patience {
  /** Failures in a row, without an event between them, before it gives up. */
  readonly attempts: number
  /** Milliseconds. */
  readonly firstDelay: number
  /** Milliseconds; a `Retry-After` beyond it is not waited for but given to the caller. */
  readonly longestDelay: number
  /** Milliseconds of silence after which a connection counts as lost; the service says something every 15 s. */
  readonly stallTimeout: number
}

export const defaultPatience: Patience = {
  attempts: 8,
  firstDelay: 500,
  longestDelay: 30_000,
  stallTimeout: 40_000,
}

export const wait: Wait = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const settle = (end: () => void) => () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
      end()
    }
    const timer = setTimeout(settle(resolve), milliseconds)
    const abort = settle(() => reject(signal?.reason))
    if (signal?.aborted) abort()
    else signal?.addEventListener("abort", abort)
  })

const passing = new Set([502, 503, 504])

/** Whether the same may go well later. Too many questions (429) are for the caller to hear of, unless a turn already runs. */
const isPassing = (error: unknown, running: boolean): boolean =>
  error instanceof ConnectionLost ||
  (error instanceof ChatRefused && (passing.has(error.status) || (running && error.status === 429)))

/** How far a turn was read; its id is null as long as nothing is known of it. */
export interface Place {
  readonly turnId: string | null
  readonly after: number
}

/** Failures in a row of one undertaking. */
export class Failures {
  #count = 0
  readonly #patience: Patience
  readonly #wait: Wait

  constructor(patience: Patience, pause: Wait) {
    this.#patience = patience
    this.#wait = pause
  }

  forget(): void {
    this.#count = 0
  }

  /** Returns when it is time to try again; throws what failed when that would not help. */
  async sitOut(error: unknown, { turnId, after }: Place, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { attempts, firstDelay, longestDelay } = this.#patience
    const asked = error instanceof ChatRefused ? (error.retryAfter ?? 0) * 1000 : 0
    if (!isPassing(error, turnId !== null) || asked > longestDelay || this.#count >= attempts) {
      throw error instanceof ConnectionLost ? new ChatInterrupted(turnId, after, error) : error
    }
    const delay = Math.min(longestDelay, firstDelay * 2 ** this.#count)
    this.#count += 1
    await this.#wait(asked + delay * (0.5 + Math.random() / 2), signal)
  }
}
