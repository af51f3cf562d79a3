/**
 * What Context7 costs a turn: `npm run bench`. The real Context7 server on loopback over documentation of ours; with Redis
 * as well where `redis-server` is installed.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { ConfigProvider, Console, Context, Duration, Effect, Layer, References } from "effect"
import { HttpServer } from "effect/http"
import { CircuitBreaker, Persistence } from "effect/persistence"
import { once } from "node:events"
import { connect } from "node:net"
import { AnswerModel } from "../src/answer/AnswerModel.ts"
import { Context7 } from "../src/context7/Context7.ts"
import { DetailPages } from "../src/detail/DetailPages.ts"
import type { ChatEventBody, TurnVoice } from "../src/domain/ChatEvent.ts"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"
import * as SharedState from "../src/platform/SharedState.ts"
import { chatTurn, historyInMemory } from "../test/chat/TestRooms.ts"
import { badServer, faults, patience } from "../test/context7/BadServer.ts"
import { configFor, Context7Backend, Context7Http, context7Server } from "../test/context7/Context7Server.ts"
import { goods, random, spellings, zipf } from "./goods.ts"
import { edge } from "../test/http/Edge.ts"
import { installed, startRedis } from "../test/platform/TestRedis.ts"

const questions = 10_000
const together = 200
const popular = "스마트폰 중고 HS코드"

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
const ms = (value: number): string => `${value.toFixed(2)} ms`

/** A turn's task B from the message on: when its first button and its end came, and what was said. */
const turn = (message: string) =>
  Effect.gen(function* () {
    const { recognize } = yield* HarmonizedSystem
    const started = performance.now()
    let firstButton = Number.NaN
    const said: Array<ChatEventBody["eventType"]> = []
    const voice: TurnVoice = {
      say: (event) =>
        Effect.sync(() => {
          said.push(event.eventType)
          if (
            event.eventType === "detail_page_button_ready" &&
            said.filter((name) => name === event.eventType).length === 1
          )
            firstButton = performance.now() - started
        }),
      announce: () => Effect.void,
    }
    const result = yield* (yield* DetailPages).prepare(recognize(message), voice)
    return { firstButton, whole: performance.now() - started, said, result }
  })

const cached = (store: string) =>
  Effect.gen(function* () {
    const { requests } = yield* Context7Backend
    const before = requests.length
    yield* Effect.all(
      Array.from({ length: 100 }, () => turn(popular)),
      { concurrency: "unbounded" },
    )
    yield* Console.log(`${store}: 100 identical questions at once made ${requests.length - before} call to Context7`)
    const hot = yield* Effect.all(
      Array.from({ length: together }, () => turn(popular)),
      {
        concurrency: "unbounded",
      },
    )
    const first = hot.map(({ firstButton }) => firstButton).sort((a, b) => a - b)
    yield* Console.log(
      `${store}: first button of a cached question, ${together} turns at once: median ${ms(quantile(first, 0.5))}, p99 ${ms(quantile(first, 0.99))} (goal 50 ms)`,
    )
    const names = goods
    const next = random(1)
    const asked = Array.from({ length: questions }, () => zipf(next))
    const answered = yield* Effect.forEach(asked, turn, { concurrency: 16 })
    const named = answered.filter(({ result }) => result.info.candidates.length > 0)
    const hits = named.filter(({ result }) => result.cacheHit).length
    yield* Console.log(
      `${store}: ${questions} questions about ${names.length} products, Zipf-like, in ${spellings.length} spellings: hit rate ${((100 * hits) / named.length).toFixed(1)} % (goal 90 %)`,
    )
  })

const over = (context7: Layer.Layer<Context7, never, CircuitBreaker.CircuitBreakerStore>) =>
  DetailPages.layer.pipe(
    Layer.provideMerge(context7),
    Layer.provide([CircuitBreaker.layerStoreMemory(), Persistence.layerMemory]),
    Layer.fresh,
  )

const library = { libraries: ["/customs/guide"] }

const withStore = (shared: Record<string, string>) =>
  Layer.unwrap(
    Effect.map(Context7Http, ({ url }) =>
      DetailPages.layer.pipe(Layer.provide(Context7.layerOf(configFor(url, library)))),
    ),
  ).pipe(
    Layer.provide(SharedState.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(shared))))),
    Layer.fresh,
  )

/** Whole turns of guests, one after another over HTTP; milliseconds each. */
const pace = (base: string, names: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const started = performance.now()
    for (const message of names) {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`${base}/api/chat`, { method: "POST", headers, body: JSON.stringify({ message }) })
      const text = await response.text()
      if (!text.includes("stream_end")) throw new Error(`the turn of ${message} did not end: ${text.slice(0, 200)}`)
    }
    return (performance.now() - started) / names.length
  })

/** Whole services, one without Context7 and one whose Context7 is dead, in turn. */
const dead = Effect.gen(function* () {
  const url = yield* badServer(() => undefined)
  const names = goods.slice(0, 200)
  const history = historyInMemory({ begun: [], completed: [] })
  const service = (context7: Parameters<typeof chatTurn>[2]) =>
    Effect.map(
      Layer.build(
        Layer.fresh(edge({ RATE_LIMIT_GUEST: "off" }, history, chatTurn(AnswerModel.layerGrounded, history, context7))),
      ),
      (built) =>
        HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address).replace("0.0.0.0", "127.0.0.1"),
    )
  const off = yield* service(Context7.layerOff)
  const ill = Context7.layerOf(configFor(url, { ...library, timeout: Duration.millis(200) }))
  const resting = yield* service(ill.pipe(Layer.provide(CircuitBreaker.layerStoreMemory())))
  yield* Effect.all(
    names.slice(0, 16).map((name) => pace(resting, [name])),
    { concurrency: "unbounded" },
  )
  const pairs: Array<readonly [number, number]> = []
  for (let round = 0; round < 21; round++) pairs.push([yield* pace(off, names), yield* pace(resting, names)])
  const median = (values: ReadonlyArray<number>) =>
    quantile(
      [...values].sort((a, b) => a - b),
      0.5,
    )
  const ratio = median(pairs.map(([without, ill]) => ill / without))
  yield* Console.log(
    `dead Context7, circuit open: a turn over HTTP takes ${ms(median(pairs.map(([, ill]) => ill)))}, without Context7 ${ms(median(pairs.map(([without]) => without)))}; ratio ${ratio.toFixed(3)} (goal 1.05)`,
  )
})

const faultTable = Effect.gen(function* () {
  yield* Console.log(`\nWhat the client saw while Context7 (limit ${patience} ms a call) …\n`)
  yield* Console.log(`| fault | first button | end | events |\n|---|---|---|---|`)
  for (const { answer, name } of faults) {
    yield* Effect.gen(function* () {
      const url = yield* badServer(answer)
      const context7 = Context7.layerOf(configFor(url, { ...library, timeout: Duration.millis(patience) }))
      const { firstButton, said, whole } = yield* turn("스마트폰 거치대").pipe(Effect.provide(over(context7)))
      const counts = said.map((event) => event.replace("detail_page_", ""))
      const shown = [...new Set(counts)].map((event) => `${counts.filter((other) => other === event).length} ${event}`)
      yield* Console.log(`| ${name} | ${ms(firstButton)} | ${ms(whole)} | ${shown.join(", ")} |`)
    }).pipe(Effect.scoped)
  }
})

/** Commands that Redis was sent, with all that they carry shortened. */
const monitored = (port: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const socket = connect(port)
        let text = ""
        socket.setEncoding("utf8").on("data", (piece) => (text += piece))
        socket.write("MONITOR\r\n")
        await once(socket, "data")
        return { socket, lines: () => text.split("\r\n").slice(1) }
      }),
      ({ socket }) => Effect.sync(() => socket.destroy()),
    ),
    ({ lines }) =>
      () =>
        lines()
          .filter((line) => /context7|detail|flight/.test(line))
          .map((line) => line.replace(/^\S+ \[[^\]]*\] /, "").slice(0, 160)),
  )

const main = Effect.gen(function* () {
  yield* cached("memory").pipe(Effect.provide(withStore({})))
  if (installed) {
    const { port, url } = yield* startRedis
    const seen = yield* monitored(port)
    yield* cached("Redis").pipe(Effect.provide(withStore({ REDIS_URL: url })))
    yield* Console.log(`Redis: what MONITOR saw first of ${popular}:\n${seen().slice(0, 10).join("\n")}`)
  } else yield* Console.log("Redis: not installed, not measured")
  yield* dead
  yield* faultTable
}).pipe(
  Effect.scoped,
  Effect.provide(
    HarmonizedSystem.layer.pipe(Layer.provideMerge(context7Server), Layer.provideMerge(NodeServices.layer)),
  ),
  Effect.provideService(References.MinimumLogLevel, "Error"),
)

NodeRuntime.runMain(main)
