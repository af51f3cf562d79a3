/**
 * One connection to a Context7 server through the protocol's own SDK, with the SDK's gaps closed: every POST ends with its
 * call, a reply that ends early or grows too large fails its call, and every failure becomes a typed error.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Duration, Effect, Metric, Redacted } from "effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { createRequire } from "node:module"
import type { Context7Config } from "./Context7Config.ts"
import {
  Context7ApiError,
  Context7ConnectionLost,
  type Context7Error,
  Context7ProtocolFault,
  Context7RateLimited,
  Context7Timeout,
  Context7Unauthorised,
} from "./Context7Error.ts"

export interface McpConnection {
  readonly tools: ReadonlySet<string>
  /** The text of a tool's answer. */
  readonly call: (tool: string, input: Record<string, string>) => Effect.Effect<string, Context7Error>
}

interface Exchange {
  readonly signal: AbortSignal
  readonly fail: (error: unknown) => void
}

/** The call whose POST is being made: the SDK gives its `fetch` no other way to know. */
const exchanges = new AsyncLocalStorage<Exchange>()

const largestReply = 4 * 1024 * 1024

class ReplyBroken extends Error {
  readonly tooLarge: boolean
  constructor(tooLarge: boolean) {
    super(tooLarge ? `the reply is larger than ${largestReply} bytes` : "the reply ended before the answer")
    this.tooLarge = tooLarge
  }
}

/** Passes a reply's bytes on; breaks its call when they end without an answer or are too many. */
const guarded = (body: ReadableStream<Uint8Array>, exchange: Exchange, answers: boolean) => {
  const decoder = new TextDecoder()
  let bytes = 0
  let answered = !answers
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength
        answered ||= decoder.decode(chunk, { stream: true }).includes("data:")
        if (bytes > largestReply) {
          exchange.fail(new ReplyBroken(true))
          controller.terminate()
        } else controller.enqueue(chunk)
      },
      flush: () => (answered ? undefined : exchange.fail(new ReplyBroken(false))),
    }),
  )
}

const fetchOfCall: typeof fetch = async (input, init) => {
  const exchange = exchanges.getStore()
  if (!exchange || init?.method !== "POST") return fetch(input, init)
  const signal = init.signal ? AbortSignal.any([init.signal, exchange.signal]) : exchange.signal
  const response = await fetch(input, { ...init, signal })
  if (!response.body) return response
  const answers = response.headers.get("content-type")?.startsWith("text/event-stream") === true
  return new Response(guarded(response.body, exchange, answers), response)
}

const transportOf = (config: Context7Config) => {
  const key = config.apiKey === null ? null : Redacted.value(config.apiKey)
  if (config.url === "stdio") {
    const server = createRequire(import.meta.url).resolve("@upstash/context7-mcp/package.json")
    const inherited = Object.entries(process.env).filter(
      ([name]) => name.startsWith("CONTEXT7_API_") || name === "PATH" || name === "HOME",
    )
    return new StdioClientTransport({
      command: process.execPath,
      args: [server.replace(/package\.json$/, "dist/index.js"), "--transport", "stdio"],
      env: {
        ...(Object.fromEntries(inherited) as Record<string, string>),
        OTEL_SDK_DISABLED: "true",
        ...(key === null ? {} : { CONTEXT7_API_KEY: key }),
      },
      stderr: "ignore",
    })
  }
  return new StreamableHTTPClientTransport(new URL(config.url), {
    fetch: fetchOfCall,
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
    ...(key === null ? {} : { requestInit: { headers: { CONTEXT7_API_KEY: key } } }),
  })
}

/** Runs one exchange of the SDK: interruption aborts its POST, and whatever breaks its reply fails it. */
const exchange = <A>(operation: string, run: (signal: AbortSignal) => Promise<A>) =>
  Effect.callback<A, Context7Error>((resume, signal) => {
    const fail = (error: unknown) => resume(Effect.fail(typed(operation, error)))
    exchanges.run({ signal, fail }, () => {
      Promise.try(run, signal).then((value) => resume(Effect.succeed(value)), fail)
    })
  })

const typed = (operation: string, error: unknown): Context7Error => {
  const { code, name, message } = Object.assign(
    { code: undefined as unknown },
    error instanceof Error
      ? { code: (error as { code?: unknown }).code, name: error.name, message: error.message }
      : { name: "", message: String(error) },
  )
  if (error instanceof ReplyBroken && error.tooLarge) return new Context7ProtocolFault({ operation, reason: message })
  if (code === 401 || code === 403) return new Context7Unauthorised({ operation })
  if (code === 429) return new Context7RateLimited({ operation })
  if (
    code === 404 ||
    code === -32000 ||
    message === "Not connected" ||
    error instanceof ReplyBroken ||
    name === "TypeError" ||
    name === "AbortError"
  ) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ""
    return new Context7ConnectionLost({ operation, reason: `${message}${cause}` })
  }
  if (code === -32001) return new Context7Timeout({ operation, after: 0 })
  if (typeof code === "number" && code >= 400)
    return new Context7ApiError({ operation, status: code, reason: message.slice(0, 200) })
  if (typeof code === "string") return new Context7ConnectionLost({ operation, reason: message })
  return new Context7ProtocolFault({ operation, reason: message.slice(0, 200) })
}

const replySizes = Metric.histogram("context7_reply_bytes", {
  description: "Size of the texts that Context7 answered with, by tool",
  boundaries: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
})

/** OpenTelemetry's names for where a call goes. */
const serverAttributes = (url: string): Record<string, unknown> => {
  if (url === "stdio") return { "network.transport": "pipe" }
  const { hostname, port, protocol } = new URL(url)
  const ports: Record<string, number> = { "https:": 443, "http:": 80 }
  return {
    "network.transport": "tcp",
    "server.address": hostname,
    "server.port": Number(port) || ports[protocol],
  }
}

/** Connects, and reads once which tools are there. Closed with its scope. */
export const connect = Effect.fn("Context7.connect")(function* (config: Context7Config) {
  const options = { timeout: Duration.toMillis(config.timeout) }
  const server = serverAttributes(config.url)
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new Client({ name: "hs-trade-chat", version: "0.1.0" })),
    (client) => Effect.promise(() => client.close().catch(() => undefined)),
  )
  client.onerror = (error) => exchanges.getStore()?.fail(error)
  const closed = new AbortController()
  client.onclose = () => closed.abort()
  yield* exchange("connect", (signal) => client.connect(transportOf(config) as never, { ...options, signal })).pipe(
    Effect.withSpan("initialize", { kind: "client", attributes: { ...server, "mcp.method.name": "initialize" } }),
  )
  const { tools } = yield* exchange("tools/list", (signal) => client.listTools({}, { ...options, signal })).pipe(
    Effect.withSpan("tools/list", { kind: "client", attributes: { ...server, "mcp.method.name": "tools/list" } }),
  )
  return {
    tools: new Set(tools.map(({ name }) => name)),
    call: (tool, input) =>
      exchange(tool, (signal) => {
        if (closed.signal.aborted) throw new Error("Not connected")
        return client.callTool({ name: tool, arguments: input }, undefined, { ...options, signal })
      }).pipe(
        Effect.flatMap((result) => textOf(tool, result)),
        Effect.tap((text) => Metric.update(Metric.withAttributes(replySizes, { tool }), Buffer.byteLength(text))),
        Effect.tapError(({ _tag }) => Effect.annotateCurrentSpan("error.type", _tag)),
        Effect.withSpan(`tools/call ${tool}`, {
          kind: "client",
          attributes: { ...server, "mcp.method.name": "tools/call", "gen_ai.tool.name": tool },
        }),
      ),
  } satisfies McpConnection
})

const textOf = (
  operation: string,
  result: { readonly [key: string]: unknown },
): Effect.Effect<string, Context7Error> => {
  const content = Array.isArray(result["content"]) ? result["content"] : []
  const text = content.flatMap((item) => (typeof item?.text === "string" ? [item.text] : [])).join("\n")
  return result["isError"] === true || text === ""
    ? Effect.fail(
        new Context7ProtocolFault({ operation, reason: text === "" ? "the answer has no text" : text.slice(0, 200) }),
      )
    : Effect.succeed(text)
}
