/** A server that answers each request by the next line of its script, and notes what it was asked. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Answer = (response: ServerResponse) => void | Promise<void>

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const piece of request.setEncoding("utf8")) text += piece
  return text
}

/** Further requests than the script has lines get a 500. */
export const scripted = async (...script: ReadonlyArray<Answer>) => {
  const asked: Array<Asked> = []
  const server = createServer(async (request, response) => {
    const answer = script[asked.length] ?? problem(500, "OFF_SCRIPT")
    const line = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body: "" }
    asked.push(line)
    line.body = await textOf(request)
    await answer(response)
  }).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export const turnId = "0b5f6f0e-6a34-4c1e-9d59-3f6a2f1f7a10"

export const streamHead = { "content-type": "text/event-stream; charset=utf-8", "x-turn-id": turnId }

const timestamp = "2026-01-01T00:00:00.000Z"

/** An event on the wire. */
export const wire = (sequence: number, eventType: string, fields: object = {}): string =>
  `id: ${turnId}-${sequence}\nevent: ${eventType}\ndata: ${JSON.stringify({ eventType, sequence, timestamp, ...fields })}\n\n`

export const piece = (sequence: number, content: string) => wire(sequence, "main_message_data", { content })

export const end = (sequence: number) => wire(sequence, "stream_end", { status: "completed" })

/** A stream that says these things and then ends as if all was said. */
export const stream =
  (...texts: ReadonlyArray<string>): Answer =>
  (response) => {
    response.writeHead(200, streamHead).end(texts.join(""))
  }

/** Says this, and breaks off once the test has seen enough. */
export const cutAfter =
  (text: string, seen: Promise<unknown>): Answer =>
  async (response) => {
    response.writeHead(200, streamHead).write(text)
    await seen
    response.destroy()
  }

/** Breaks off before a word. */
export const hangUp: Answer = (response) => {
  response.destroy()
}

export const empty =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status).end()
  }

export const problem =
  (
    status: number,
    code: string,
    more: { headers?: Record<string, string>; errors?: ReadonlyArray<object> } = {},
  ): Answer =>
  (response) => {
    const { headers, errors } = more
    const detail = `detail of ${code}`
    response
      .writeHead(status, { "content-type": "application/problem+json", ...headers })
      .end(JSON.stringify({ type: "about:blank", title: "No", status, code, detail, message: detail, errors }))
  }
