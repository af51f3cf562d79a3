/**
 * The real Context7 MCP server on loopback, over a REST backend of ours that holds the documentation texts: what lies
 * behind the server is the only thing that is not real.
 */
import { NodeServices } from "@effect/platform-node"
import { Context, Deferred, Duration, Effect, Layer, Option, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { CircuitBreaker, Persistence } from "effect/persistence"
import { Context7 } from "../../src/context7/Context7.ts"
import type { Context7Config } from "../../src/context7/Context7Config.ts"

export interface Reply {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

type Handler = (url: URL) => Reply | "never"

export const library = (id: string, title: string, extra: Record<string, unknown> = {}) => ({
  id,
  title,
  description: `About ${title}`,
  branch: "main",
  lastUpdateDate: "2026-01-01",
  state: "finalized",
  totalTokens: 1000,
  totalSnippets: 20,
  stars: 5,
  trustScore: 8,
  benchmarkScore: 80,
  versions: [],
  ...extra,
})

const smartphoneDocs = `### Smartphones in heading 8517

Source: https://customs.example/8517

Telephones for cellular networks that run applications are smartphones and are classified in subheading 8517.13.

\`\`\`text
8517.13 smartphones
\`\`\`

--------------------------------

### Other telephones

Source: https://customs.example/8517-other

Feature phones belong to 8517.14.`

const wellBehaved: Handler = (url) =>
  url.pathname.endsWith("/libs/search")
    ? {
        body: {
          results: [
            library("/forks/customs-copy", "Something else", { trustScore: 2 }),
            library("/customs/guide", "스마트폰 customs guide"),
          ],
          searchFilterApplied: false,
        },
      }
    : { body: smartphoneDocs }

export class Context7Backend extends Context.Service<
  Context7Backend,
  {
    readonly url: string
    /** Paths with query of the requests so far. */
    readonly requests: ReadonlyArray<string>
    readonly behave: (handler: Handler) => Effect.Effect<void>
    readonly behaveWell: Effect.Effect<void>
  }
>()("test/Context7Backend") {
  static readonly layer = Layer.effect(
    Context7Backend,
    Effect.gen(function* () {
      const requests: Array<string> = []
      let handler = wellBehaved
      const respond = (request: IncomingMessage, response: ServerResponse) => {
        const url = new URL(request.url ?? "/", "http://localhost")
        requests.push(`${url.pathname}${url.search}`)
        const reply = handler(url)
        if (reply === "never") return
        const text = typeof reply.body === "string"
        response.writeHead(reply.status ?? 200, {
          "content-type": text ? "text/plain" : "application/json",
          ...reply.headers,
        })
        response.end(text ? reply.body : JSON.stringify(reply.body))
      }
      const server = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer(respond).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) =>
          Effect.callback<void>((resume) => {
            server.closeAllConnections()
            server.close(() => resume(Effect.void))
          }),
      )
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        requests,
        behave: (next) => Effect.sync(() => void (handler = next)),
        behaveWell: Effect.sync(() => void (handler = wellBehaved)),
      }
    }),
  )
}

const serverScript = fileURLToPath(new URL("../../node_modules/@upstash/context7-mcp/dist/index.js", import.meta.url))

/** Starts the real server over HTTP, which asks that address for libraries and documentation; its process and its port. */
export const startContext7 = Effect.fnUntraced(function* (backend: string, wanted: number) {
  const port = yield* Deferred.make<string>()
  const child = yield* ChildProcess.make(
    process.execPath,
    [serverScript, "--transport", "http", "--port", `${wanted}`],
    {
      env: { CONTEXT7_API_URL: `${backend}/api`, OTEL_SDK_DISABLED: "true" },
      extendEnv: true,
    },
  )
  yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => {
      const found = /running on HTTP at http:\/\/[^:]+:(\d+)/i.exec(line)?.[1]
      return found === undefined ? Effect.void : Deferred.succeed(port, found)
    }),
    Effect.forkScoped,
  )
  return { child, port: yield* Deferred.await(port) }
})

/** The address of one. */
export class Context7Http extends Context.Service<Context7Http, { readonly url: string }>()("test/Context7Http") {
  static readonly layer = Layer.effect(
    Context7Http,
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      const { port } = yield* startContext7(backend.url, 20000 + Math.floor(process.pid % 20000))
      return { url: `http://127.0.0.1:${port}/mcp` }
    }),
  ).pipe(Layer.provide(NodeServices.layer))
}

export const configFor = (url: string, more: Partial<Context7Config> = {}): Context7Config => ({
  url,
  apiKey: null,
  libraries: [],
  timeout: Duration.seconds(2),
  budget: Option.none(),
  ...more,
})

const overHttp = Layer.unwrap(Effect.map(Context7Http, ({ url }) => Context7.layerOf(configFor(url)))).pipe(
  Layer.provideMerge([CircuitBreaker.layerStoreMemory(), Persistence.layerMemory]),
)

/** The real server over HTTP, whose backend can be told to misbehave. */
export const context7Server = Context7Http.layer.pipe(Layer.provideMerge(Context7Backend.layer))

/** Context7 over HTTP against it. */
export const context7Http = overHttp.pipe(Layer.provideMerge(context7Server))

/** With a Context7 that no other test has made ill. */
export const afresh = <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.provide(test, Layer.fresh(overHttp))

/** Context7 over stdio, started by the service itself. */
export const context7Stdio = Layer.unwrap(
  Effect.gen(function* () {
    const backend = yield* Context7Backend
    yield* Effect.acquireRelease(
      Effect.sync(() => void (process.env["CONTEXT7_API_URL"] = `${backend.url}/api`)),
      () => Effect.sync(() => delete process.env["CONTEXT7_API_URL"]),
    )
    return Context7.layerOf(configFor("stdio", { timeout: Duration.seconds(5) }))
  }),
).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()), Layer.provideMerge(Context7Backend.layer))
