/** A model behind OpenAI's wire protocol, at the latencies that docs/performance.md names. */
import { Effect } from "effect"
import { createServer, type ServerResponse } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { chunk } from "../stream/slowModel.ts"
import { listening } from "./listening.ts"

/** Milliseconds until the first words, and between two pieces. */
const firstWords = 700
const between = 20
const pieces = 90

/** A question that has this in it gets a long answer, as fast as it is taken. */
export const atLength = "in all detail"
const longPieces = 200
const long = "긴 답변 ".repeat(1600)

const say = async (response: ServerResponse, isLong: boolean) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  await wait(firstWords)
  for (let n = 0; n < (isLong ? longPieces : pieces); n++) {
    response.write(chunk({ content: isLong ? long : `word ${n} ` }))
    await wait(isLong ? 0 : between)
  }
  response.write(chunk({}, { finish_reason: "stop" }))
  response.end("data: [DONE]\n\n")
}

export const distantModel = Effect.suspend(() =>
  listening(
    createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece))
      request.on("end", () => void say(response, body.includes(atLength)))
    }),
  ),
)
