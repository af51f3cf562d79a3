/** A provider's HTTP server that a test scripts, and the two wire protocols as the providers really speak them. */
import { Deferred, Effect } from "effect"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"

interface Body {
  readonly model: string
  readonly system?: string
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: string }>
  readonly stream: boolean
}

export interface Exchange {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Body & Readonly<Record<string, unknown>>
  /** Sends a piece of the event stream. */
  readonly write: (events: string) => void
  readonly end: () => void
  /** Breaks the connection off. */
  readonly cut: () => void
  readonly refuse: (status: number, body: string) => void
  /** Done when the client has gone. */
  readonly closed: Deferred.Deferred<void>
}

/** A server that does for its nth request, from 0, what the test says; the requests that reached it. */
export const providerServer = (answer: (exchange: Exchange, nth: number) => void) =>
  Effect.gen(function* () {
    const exchanges: Array<Exchange> = []
    const server = createServer((request, response) => {
      let body = ""
      const closed = Deferred.makeUnsafe<void>()
      response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
      request.on("data", (chunk) => (body += chunk))
      request.on("end", () => {
        const stream = () => response.headersSent || response.writeHead(200, { "content-type": "text/event-stream" })
        const exchange: Exchange = {
          path: request.url ?? "",
          headers: request.headers,
          body: JSON.parse(body) as Exchange["body"],
          write: (events) => {
            stream()
            response.write(events)
          },
          end: () => {
            stream()
            response.end()
          },
          cut: () => request.socket.destroy(),
          refuse: (status, text) => response.writeHead(status, { "content-type": "application/json" }).end(text),
          closed,
        }
        answer(exchange, exchanges.push(exchange) - 1)
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => (server.closeAllConnections(), server.close())),
    )
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, exchanges }
  })

export interface Wire {
  readonly name: "anthropic" | "openai"
  readonly model: string
  readonly path: string
  /** Everything before the first text. */
  readonly start: string
  readonly text: (text: string) => string
  /** From the end of the text on. */
  readonly finish: (reason: "stop" | "length" | "refusal") => string
  /** An event of the right name whose JSON is cut. */
  readonly garbled: string
  /** An error in the middle of a stream that began well. */
  readonly overloaded: string
  readonly error: (status: number) => string
}

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
const data = (chunk: unknown) => `data: ${JSON.stringify(chunk)}\n\n`

const stopReasons = { stop: "end_turn", length: "max_tokens", refusal: "refusal" }
const errorTypes: Readonly<Record<number, string>> = {
  401: "authentication_error",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
}

const anthropic: Wire = {
  name: "anthropic",
  model: "claude-haiku-4-5",
  path: "/v1/messages",
  start:
    event("message_start", {
      type: "message_start",
      message: {
        id: "msg_01",
        type: "message",
        role: "assistant",
        model: "claude-haiku-4-5-20251001",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 5, output_tokens: 1 },
      },
    }) +
    event("content_block_start", {
      type: "content_block_start",
      index: 0,
      content_block: { type: "text", text: "" },
    }) +
    event("ping", { type: "ping" }),
  text: (text) =>
    event("content_block_delta", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  finish: (reason) =>
    event("content_block_stop", { type: "content_block_stop", index: 0 }) +
    event("message_delta", {
      type: "message_delta",
      delta: { stop_reason: stopReasons[reason], stop_sequence: null },
      usage: { output_tokens: 7 },
    }) +
    event("message_stop", { type: "message_stop" }),
  garbled: 'event: content_block_delta\ndata: {"type":"content_block_de\n\n',
  overloaded: event("error", { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
  error: (status) =>
    JSON.stringify({ type: "error", error: { type: errorTypes[status], message: "no" }, request_id: "req_1" }),
}

const finishReasons = { stop: "stop", length: "length", refusal: "content_filter" }
const chunk = (choices: ReadonlyArray<unknown>, usage: unknown = null) =>
  data({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1790000000,
    model: "gpt-5.4-mini-2026-03-17",
    service_tier: "default",
    system_fingerprint: "fp_1",
    choices,
    usage,
  })
const choice = (delta: unknown, finish_reason: string | null = null) =>
  chunk([{ index: 0, delta, logprobs: null, finish_reason }])

const openai: Wire = {
  name: "openai",
  model: "gpt-5.4-mini",
  path: "/chat/completions",
  start: choice({ role: "assistant", content: "", refusal: null }),
  text: (content) => choice({ content }),
  finish: (reason) =>
    choice({}, finishReasons[reason]) +
    chunk([], { prompt_tokens: 25, completion_tokens: 7, total_tokens: 32 }) +
    "data: [DONE]\n\n",
  garbled: 'data: {"id":"chatcmpl-1","choi\n\n',
  overloaded: data({ error: { message: "Overloaded", type: "server_error", param: null, code: null } }),
  error: (status) =>
    JSON.stringify({ error: { message: "no", type: errorTypes[status] ?? "server_error", param: null, code: null } }),
}

export const wires = [anthropic, openai] as const

/** The whole of a good answer. */
export const answering =
  (wire: Wire, ...texts: ReadonlyArray<string>) =>
  (exchange: Exchange) => {
    exchange.write(wire.start)
    for (const text of texts) exchange.write(wire.text(text))
    exchange.write(wire.finish("stop"))
    exchange.end()
  }
