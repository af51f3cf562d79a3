import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Queue, Tracer } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Telemetry from "../../src/platform/Telemetry.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import { baseUrl, service } from "../http/TestService.ts"

interface Span {
  readonly name: string
  readonly traceId: string
}

/** An OTLP collector: the spans and logs that reach it. */
class Collector extends Context.Service<
  Collector,
  {
    readonly url: string
    readonly spans: Queue.Queue<Span>
    readonly received: () => string
  }
>()("test/Collector") {
  static readonly layer = Layer.effect(
    Collector,
    Effect.gen(function* () {
      const spans = yield* Queue.unbounded<Span>()
      let received = ""
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          received += body
          const { resourceSpans = [] } = JSON.parse(body) as {
            resourceSpans?: ReadonlyArray<{ scopeSpans: ReadonlyArray<{ spans: ReadonlyArray<Span> }> }>
          }
          for (const span of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
            Queue.offerUnsafe(spans, span)
          response.end("{}")
        })
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () =>
          Effect.callback<void>((resume) => {
            server.closeAllConnections()
            server.close(() => resume(Effect.void))
          }),
      )
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, received: () => received }
    }),
  )
}

const sendingTo = (url: string, more: Record<string, string> = {}) =>
  Layer.fresh(Telemetry.layer).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...more }))),
  )

const telemetry = Layer.unwrap(
  Effect.map(Collector, ({ url }) => sendingTo(url, { LOG_LEVEL: "debug", LOG_FORMAT: "json" })),
).pipe(Layer.provideMerge(Collector.layer))

const traceId = "0af7651916cd43dd8448eb211c80319c"
const traceparent = `00-${traceId}-b7ad6b7169203331-01`
const message = "비밀스러운 무선 이어폰 8518.30"

layer(service.pipe(Layer.provideMerge(telemetry)), { excludeTestServices: true })("telemetry", (it) => {
  it.effect(
    "carries one trace from the caller through the turn, its tasks, each call and each statement, and no text",
    () =>
      Effect.gen(function* () {
        const { spans, received } = yield* Collector
        const token = yield* (yield* Tokens).issue("alice")
        const base = yield* baseUrl
        yield* Effect.promise(async () => {
          const response = await fetch(`${base}/api/chat`, {
            method: "POST",
            headers: {
              "content-type": "application/json",
              authorization: `Bearer ${token}`,
              traceparent,
            },
            body: JSON.stringify({ message }),
          })
          await response.text()
          await fetch(`${base}/api/hs/search?q=secretgoods`, { headers: { traceparent } })
          await fetch(`${base}/api/chat/history?token=${token}`, { headers: { traceparent } })
        })
        const wanted = new Set([
          "POST /api/chat",
          "GET /api/hs/search",
          "GET /api/chat/history",
          "ChatTurn",
          "ChatTurn.answer",
          "DetailPages.prepare",
          "ChatTurn.record",
          "ChatHistory.begin",
          "ChatHistory.complete",
          "Context7.getLibraryDocs",
          "postgres",
        ])
        while (wanted.size > 0) {
          const span = yield* Queue.take(spans)
          if (span.traceId === traceId) wanted.delete(span.name)
        }
        assert.notInclude(received(), "비밀스러운")
        assert.notInclude(received(), "secretgoods")
        assert.notInclude(received(), token)
      }),
  )

  it.effect("sends the share of its own traces that it is told to, and those of a caller as the caller wants", () =>
    Effect.gen(function* () {
      const { url, received } = yield* Collector
      const span = (name: string, parent?: Tracer.AnySpan) =>
        Effect.withSpan(Effect.void, name, parent === undefined ? { root: true } : { parent })
      const called = (sampled: boolean) => Tracer.externalSpan({ traceId, spanId: "b7ad6b7169203331", sampled })
      yield* Effect.all([
        span("our own"),
        span("wanted by its caller", called(true)),
        span("unwanted by its caller", called(false)),
      ]).pipe(Effect.provide(sendingTo(url, { OTEL_TRACES_SAMPLER_ARG: "0" })))
      assert.include(received(), '"wanted by its caller"')
      assert.notMatch(received(), /"our own"|"unwanted by its caller"/)
    }),
  )
})
