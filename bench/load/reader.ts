/** A reader of turns as a frontend is one: takes the events, goes on where a connection broke, and tells what it got. */
import { Agent, type IncomingMessage, request, type RequestOptions } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import type { Asked } from "../stream/load.ts"
import { Reading } from "./Reading.ts"

/** Reads all; leaves in the middle and comes back; asks the turn to stop. */
export type Way = "whole" | "cut" | "stop"

export interface Turn {
  readonly member: boolean
  readonly way: Way
  readonly id: string
  /** Of HTTP; 0 when nothing answered. */
  readonly status: number
  /** Every event was read to the last, over however many connections. */
  readonly ended: boolean
  /** And the answer is whole. */
  readonly answered: boolean
  /** Milliseconds from when it was to be asked. */
  readonly firstEvent: number
  readonly firstButton: number
  readonly whole: number
  /** Codes of what failed in it. */
  readonly errors: ReadonlyArray<string>
  readonly cacheHit: boolean
  readonly efficiency: number
  /** Id of the answer's row, when the member was told that it is there. */
  readonly saved: number | null
}

const agent = new Agent({ keepAlive: true })

/** Milliseconds that a connection may take altogether. */
const patience = 60_000
const attempts = 8
/** Events after which a reader leaves. */
const untilCut = 5

const open = (url: string, options: RequestOptions, body = "") =>
  new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent, signal: AbortSignal.timeout(patience), ...options }, resolve)
      .on("error", reject)
      .end(body)
  })

const takeFrom = async (response: IncomingMessage, reading: Reading, upTo?: number) => {
  response.setEncoding("utf8")
  for await (const piece of response) {
    reading.take(String(piece))
    if (upTo !== undefined && reading.keepOnly(upTo)) return
  }
}

/** Goes on with a turn behind what was read of it, as often as that takes; how often that was. */
export const follow = async (base: string, id: string, headers: Record<string, string>, reading: Reading) => {
  let times = 0
  for (; !reading.over && times < attempts; times++) {
    if (times > 0) await wait(100 * 2 ** times)
    try {
      const place = { "last-event-id": `${id}-${reading.last}` }
      const response = await open(`${base}/api/chat/turns/${id}/events`, { headers: { ...headers, ...place } })
      if (response.statusCode === 200) await takeFrom(response, reading)
      else response.resume()
    } catch {
      reading.keepFrames()
    }
  }
}

export const askFor = async (base: string, { message, token }: Asked, way: Way, due: number): Promise<Turn> => {
  const reading = new Reading(due)
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  let [id, status] = ["", 0]
  let stopped: Promise<unknown> = Promise.resolve()
  try {
    const json = { ...headers, "content-type": "application/json" }
    const response = await open(`${base}/api/chat`, { method: "POST", headers: json }, JSON.stringify({ message }))
    status = response.statusCode ?? 0
    id = String(response.headers["x-turn-id"] ?? "")
    if (status === 200 && way === "stop") {
      stopped = open(`${base}/api/chat/turns/${id}`, { method: "DELETE", headers }).then(
        (answer) => answer.resume(),
        () => undefined,
      )
    }
    if (status === 200) await takeFrom(response, reading, way === "cut" ? untilCut : undefined)
    else response.resume()
  } catch {
    reading.keepFrames()
  }
  if (status === 200) await follow(base, id, headers, reading)
  await stopped
  return { member: token !== undefined, way, id, status, ...reading.seen(way === "stop") }
}
