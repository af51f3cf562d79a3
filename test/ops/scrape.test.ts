/** A running service, scraped as Prometheus scrapes it: what panels and rules name is there, under names that tell no secrets. */
import { assert, layer } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { answering, providerServer, wires } from "../answer/ProviderServer.ts"
import { Context7Http, context7Server } from "../context7/Context7Server.ts"
import { startService } from "../ServiceProcess.ts"
import { metrics } from "./metrics.ts"

const operator = "an-operator-token-of-ours"
const traceId = "0af7651916cd43dd8448eb211c80319c"
const messages = ["비밀스러운 스마트폰 거치대", "아이폰 15 프로"]

const running = Effect.gen(function* () {
  const { url: context7 } = yield* Context7Http
  const [, openai] = wires
  const answer = answering(openai, "거치대입니다.")
  const provider = yield* providerServer((exchange, nth) =>
    nth === 0 ? exchange.refuse(401, openai.error(401)) : answer(exchange),
  )
  const collector = yield* providerServer(({ end }) => end())
  const directory = mkdtempSync(join(tmpdir(), "hs-trade-chat-"))
  const service = yield* Effect.acquireRelease(
    Effect.sync(() =>
      startService({
        DATA_DIR: directory,
        OPERATOR_TOKEN: operator,
        CONTEXT7_URL: context7,
        CONTEXT7_LIBRARIES: "/customs/guide",
        CONTEXT7_BUDGET: "1000/30 days",
        ANSWER_MODEL: "openai",
        OPENAI_API_KEY: "a-key-of-ours",
        OPENAI_BASE_URL: provider.url,
        LOG_LEVEL: "debug",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      }),
    ),
    ({ child, exited }) =>
      Effect.promise(async () => {
        child.kill("SIGTERM")
        await exited
        rmSync(directory, { recursive: true })
      }),
  )
  return { base: yield* Effect.promise(() => service.url), output: service.output }
})

layer(context7Server.pipe(Layer.provideMerge(NodeServices.layer)), { excludeTestServices: true })("a scrape", (it) => {
  it.effect("has every metric that panels, rules and documents name, in few series, and logs lead to their trace", () =>
    Effect.gen(function* () {
      const { base, output } = yield* running
      const text = yield* Effect.promise(async () => {
        for (const message of messages) {
          const ask = await fetch(`${base}/api/chat`, {
            method: "POST",
            headers: { "content-type": "application/json", traceparent: `00-${traceId}-b7ad6b7169203331-01` },
            body: JSON.stringify({ message }),
          })
          await ask.text()
        }
        const response = await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${operator}` } })
        return response.text()
      })
      const kinds = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", kind]) => [name, kind]))
      for (const [name, { kind }] of Object.entries(metrics)) assert.strictEqual(kinds.get(name), kind, name)
      const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
      for (const line of series) assert.notMatch(line, /비밀|[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}|8517/, line)
      assert.isBelow(series.length, 600)
      const line = output()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as { readonly trace_id?: string; readonly span_id?: string })
        .find((line) => line.trace_id === traceId)
      assert.match(line?.span_id ?? "", /^[0-9a-f]{16}$/)
      assert.notInclude(output(), "비밀스러운")
    }),
  )
})
