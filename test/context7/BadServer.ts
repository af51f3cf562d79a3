/** A server that speaks MCP as far as the tool call, then does what it is told, and the faults that Context7 may show. */
import { Effect } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Call {
  readonly id: number
  readonly method: string
  readonly params: { readonly name?: string; readonly arguments?: Record<string, string> }
}

export type Answer = (call: Call, response: ServerResponse, request: IncomingMessage) => void

const sse = { "content-type": "text/event-stream" }
const json = { "content-type": "application/json" }

export const reply = (response: ServerResponse, call: Call, result: unknown) =>
  response.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result }))

export const text = (value: string) => ({ content: [{ type: "text", text: value }] })

/** Its address; closed with the scope. */
export const badServer = (answer: Answer, tools: ReadonlyArray<string> = ["resolve-library-id", "query-docs"]) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const http = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          if (request.method !== "POST") return response.writeHead(405).end()
          const call = JSON.parse(body) as Call
          if (call.method === "initialize") {
            return reply(response, call, {
              protocolVersion: "2025-06-18",
              capabilities: { tools: {} },
              serverInfo: { name: "bad", version: "1" },
            })
          }
          if (call.method === "tools/list")
            return reply(response, call, { tools: tools.map((name) => ({ name, inputSchema: { type: "object" } })) })
          if (call.method !== "tools/call") return response.writeHead(202).end()
          return answer(call, response, request)
        })
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(http)))
    }),
    (http) => Effect.sync(() => (http.closeAllConnections(), http.close())),
  ).pipe(Effect.map((http) => `http://127.0.0.1:${(http.address() as AddressInfo).port}`))

/** Milliseconds that the service under test gives a call of this server. */
export const patience = 700

const megabyte = "x".repeat(1024 * 1024)

const drip: Answer = (_, response) => {
  response.writeHead(200, sse)
  const timer = setInterval(() => response.write(":"), 100)
  response.on("close", () => clearInterval(timer))
}

const flood: Answer = (_, response) => {
  let left = 50
  response.writeHead(200, sse)
  const more = (): void => {
    if (response.destroyed) return
    if (left-- === 0) return void response.end("\n\n")
    response.write(`data: ${megabyte}`, more)
  }
  more()
}

const late: Answer = (call, response) => {
  const timer = setTimeout(
    () => reply(response, call, text("### Late\n\nSource: https://a.example\n\n8517.13")),
    2 * patience,
  )
  response.on("close", () => clearTimeout(timer))
}

const says =
  (value: string): Answer =>
  (call, response) =>
    reply(response, call, text(value))

export interface Fault {
  readonly name: string
  readonly answer: Answer
  /** Any of these errors, by their tags. */
  readonly errors: ReadonlyArray<string>
}

const fault = (name: string, answer: Answer, ...errors: ReadonlyArray<string>): Fault => ({ name, answer, errors })

export const faults: ReadonlyArray<Fault> = [
  fault(
    "answers HTML",
    (_, r) => r.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    "Context7ProtocolFault",
  ),
  fault("answers broken JSON", (_, r) => r.writeHead(200, json).end("{"), "Context7ProtocolFault"),
  fault(
    "answers broken JSON in its stream",
    (_, r) => r.writeHead(200, sse).end("event: message\ndata: {\n\n"),
    "Context7ProtocolFault",
  ),
  fault("answers another shape", (call, r) => reply(r, call, { content: 5 }), "Context7ProtocolFault"),
  fault("answers without text", (call, r) => reply(r, call, { content: [] }), "Context7ProtocolFault"),
  fault(
    "says that the tool failed",
    (call, r) => reply(r, call, { isError: true, ...text("no") }),
    "Context7ProtocolFault",
  ),
  fault(
    "ends its stream early",
    (_, r) => r.writeHead(200, sse).end(": hello\n\n"),
    "Context7ConnectionLost",
    "Context7Timeout",
  ),
  fault("resets the connection", (_, r) => r.destroy(), "Context7ConnectionLost", "Context7Timeout"),
  fault(
    "resets the connection mid-reply",
    (_, r) => (r.writeHead(200, json).write('{"jsonrpc"'), setImmediate(() => r.destroy())),
    "Context7ConnectionLost",
    "Context7Timeout",
  ),
  fault("forgot the session", (_, r) => r.writeHead(404).end(), "Context7ConnectionLost", "Context7Timeout"),
  fault("wants another key", (_, r) => r.writeHead(401).end(), "Context7Unauthorised"),
  fault("limits the rate", (_, r) => r.writeHead(429).end(), "Context7RateLimited"),
  fault("is broken", (_, r) => r.writeHead(500).end(), "Context7ApiError", "Context7Timeout"),
  fault("never answers", () => undefined, "Context7Timeout"),
  fault("answers too late", late, "Context7Timeout"),
  fault("drips byte by byte", drip, "Context7Timeout"),
  fault("sends fifty megabytes", flood, "Context7ProtocolFault"),
  fault(
    "says: invalid key",
    says("Invalid API key. Please check your API key. API keys should start with 'ctx7sk'."),
    "Context7Unauthorised",
  ),
  fault("says: rate limited", says("Rate limited or quota exceeded. Create a free API key."), "Context7RateLimited"),
  fault(
    "says: status 503",
    says("Request failed with status 503. Please try again later."),
    "Context7ApiError",
    "Context7Timeout",
  ),
  fault("says: status 403", says("Request failed with status 403. Please try again later."), "Context7ApiError"),
  fault("says: not finalized, as JSON", says('{"error":"library_not_finalized","message":"wait"}'), "Context7ApiError"),
  fault(
    "says: error behind it",
    says("Error fetching library context. Please try again later."),
    "Context7ApiError",
    "Context7Timeout",
  ),
  fault(
    "says: no such library",
    says("The library you are trying to access does not exist. Try another."),
    "LibraryNotFound",
  ),
  fault(
    "says: no documentation",
    says("Documentation not found or not finalized for this library."),
    "LibraryNotFound",
  ),
]
