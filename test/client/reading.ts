/** A client whose waits end at once and are noted, and ways to read its turns. */
import { type ChatClientOptions, createChatClient, type Turn, type TurnEvent } from "../../src/client/index.ts"

const stallTimeout = 1_000_000

/** Ends with the signal only, so that a connection is never called silent. */
export const forever = (signal?: AbortSignal) =>
  new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }))

export const clientOf = (baseUrl: string, options: Partial<ChatClientOptions> = {}) => {
  const waits: Array<number> = []
  const chat = createChatClient({
    baseUrl,
    patience: { stallTimeout },
    wait: async (milliseconds, signal) => {
      if (milliseconds === stallTimeout) return forever(signal)
      waits.push(milliseconds)
    },
    ...options,
  })
  return { chat, waits }
}

/** Everything to the end, as `name sequence`. */
export const readAll = async ({ events }: Turn, each: (event: TurnEvent) => void = () => {}) => {
  const read: Array<string> = []
  for await (const event of events) {
    read.push(`${event.eventType} ${event.sequence}`)
    each(event)
  }
  return read
}

/** What the pieces of the answer make together. */
export const answerOf = async ({ events }: Turn) => {
  let answer = ""
  for await (const event of events) if (event.eventType === "main_message_data") answer += event.content
  return answer
}

/** What a promise fails with. */
export const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (failure) {
    return failure
  }
  throw new Error("nothing failed")
}
