import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Context7 } from "../../src/context7/Context7.ts"
import { Context7Backend, context7Http } from "./Context7Server.ts"

interface Call {
  readonly id: number
  readonly method: string
  readonly params: { readonly name?: string; readonly arguments?: Record<string, string> }
}

type Answer = (call: Call, response: ServerResponse, request: IncomingMessage) => void

const sse = { "content-type": "text/event-stream" }
const json = { "content-type": "application/json" }

const reply = (response: ServerResponse, call: Call, result: unknown) =>
  response.writeHead(200, json).end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result }))

/** Speaks MCP as far as the tool call, then does what the test says. */
const server = (answer: Answer, tools: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.callback<string>((resume) => {
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
      })
      http.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed(Object.assign(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {}))),
      )
      servers.push(http)
    }),
    () => Effect.sync(() => servers.splice(0).forEach((http) => (http.closeAllConnections(), http.close()))),
  )
const servers: Array<ReturnType<typeof createServer>> = []

const askWith = (
  answer: Answer,
  tools: ReadonlyArray<string> = ["resolve-library-id", "query-docs"],
  apiKey: string | null = null,
) =>
  Effect.gen(function* () {
    const url = yield* server(answer, tools)
    const config = {
      url,
      apiKey: apiKey === null ? null : Redacted.make(apiKey),
      libraries: [],
      timeout: Duration.millis(700),
    }
    return yield* Effect.gen(function* () {
      return yield* (yield* Context7).getLibraryDocs("/customs/guide", "smartphone")
    }).pipe(Effect.provide(Context7.layerOf(config).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))))
  }).pipe(Effect.scoped)

const text = (value: string) => ({ content: [{ type: "text", text: value }] })

const faults: ReadonlyArray<[string, Answer, string]> = [
  [
    "answers HTML",
    (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    "Context7ProtocolFault",
  ],
  ["answers broken JSON", (_, response) => response.writeHead(200, json).end("{"), "Context7ProtocolFault"],
  [
    "answers broken JSON in its stream",
    (_, response) => response.writeHead(200, sse).end("event: message\ndata: {\n\n"),
    "Context7ProtocolFault",
  ],
  ["answers another shape", (call, response) => reply(response, call, { content: 5 }), "Context7ProtocolFault"],
  ["answers without text", (call, response) => reply(response, call, { content: [] }), "Context7ProtocolFault"],
  [
    "says that the tool failed",
    (call, response) => reply(response, call, { isError: true, ...text("no") }),
    "Context7ProtocolFault",
  ],
  ["ends its stream early", (_, response) => response.writeHead(200, sse).end(": hello\n\n"), "Context7ConnectionLost"],
  ["resets the connection", (_, response) => response.destroy(), "Context7ConnectionLost"],
  ["forgot the session", (_, response) => response.writeHead(404).end(), "Context7ConnectionLost"],
  ["wants another key", (_, response) => response.writeHead(401).end(), "Context7Unauthorised"],
  ["limits the rate", (_, response) => response.writeHead(429).end(), "Context7RateLimited"],
  ["is broken", (_, response) => response.writeHead(500).end(), "Context7ApiError"],
  ["never answers", () => undefined, "Context7Timeout"],
  [
    "sends too much",
    (_, response) => response.writeHead(200, sse).end(`data: ${"x".repeat(5 * 1024 * 1024)}\n\n`),
    "Context7ProtocolFault",
  ],
]

it.live.each(faults)("a server that %s gives a typed error", ([, answer, tag]) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(askWith(answer))
    if (tag === "Context7ConnectionLost" || tag === "Context7ApiError")
      assert.include([tag, "Context7Timeout"], error._tag)
    else assert.strictEqual(error._tag, tag)
  }),
)

it.live("the older dialect is spoken where only its tools are there, with the key as a header", () =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const snippets = yield* askWith(
      (call, response, request) => {
        seen.push(call.params.name, call.params.arguments, request.headers["context7_api_key"])
        reply(response, call, text("### Found\n\nSource: https://a.example\n\n8517.13"))
      },
      ["resolve-library-id", "get-library-docs"],
      "secret",
    )
    assert.strictEqual(snippets.length, 1)
    assert.deepStrictEqual(seen, [
      "get-library-docs",
      { context7CompatibleLibraryID: "/customs/guide", topic: "smartphone" },
      "secret",
    ])
  }),
)

it.live("a server without a documentation tool is a fault", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* Effect.flip(askWith(() => undefined, ["something"])))._tag, "Context7ProtocolFault")
  }),
)

it.live("a refused connection is a lost one", () =>
  Effect.gen(function* () {
    const config = { url: "http://127.0.0.1:1", apiKey: null, libraries: [], timeout: Duration.millis(700) }
    const error = yield* Effect.flip(
      Effect.flatMap(Context7, (c) => c.getLibraryDocs("/x", "y")).pipe(
        Effect.provide(Context7.layerOf(config).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))),
      ),
    )
    assert.include(["Context7ConnectionLost", "Context7Timeout"], error._tag)
  }),
)

it.live("one connection serves many questions at once", () =>
  Effect.gen(function* () {
    const context7 = yield* Context7
    yield* (yield* Context7Backend).behaveWell
    const all = yield* Effect.all(
      Array.from({ length: 30 }, () => context7.getLibraryDocs("/customs/guide", "smartphone")),
      { concurrency: "unbounded" },
    )
    assert.isTrue(all.every((snippets) => snippets.length === 2))
  }).pipe(Effect.provide(context7Http)),
)
