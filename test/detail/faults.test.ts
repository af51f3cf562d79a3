/** Whatever Context7 does, the buttons come, one error says what is missing, and nothing is left behind. */
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Layer, Metric } from "effect"
import { CircuitBreaker, Persistence } from "effect/persistence"
import { readFile } from "node:fs/promises"
import { Context7 } from "../../src/context7/Context7.ts"
import type { Context7Config } from "../../src/context7/Context7Config.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import { settle } from "../../src/detail/settle.ts"
import type { ChatEventBody, TurnVoice } from "../../src/domain/ChatEvent.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { badServer, faults, patience, reply, text } from "../context7/BadServer.ts"
import { configFor } from "../context7/Context7Server.ts"

const unsure = "휴대폰 거치대"

const turn = (message: string) =>
  Effect.gen(function* () {
    const said: Array<ChatEventBody> = []
    const voice: TurnVoice = {
      say: (event) => Effect.sync(() => void said.push(event)),
      announce: () => Effect.void,
    }
    const { recognize } = yield* HarmonizedSystem
    const result = yield* (yield* DetailPages).prepare(recognize(message), voice)
    const errors = said.filter(({ eventType }) => eventType === "detail_page_buttons_error")
    const buttons = said.filter(({ eventType }) => eventType === "detail_page_button_ready")
    return { said, result, errors, buttons }
  })

const pagesOver = (url: string, more: Partial<Context7Config> = {}) =>
  DetailPages.layer.pipe(
    Layer.provide(
      Context7.layerOf(configFor(url, { libraries: ["/customs/guide"], timeout: Duration.millis(patience), ...more })),
    ),
    Layer.provide([CircuitBreaker.layerStoreMemory(), Persistence.layerMemory]),
    Layer.fresh,
  )

/** Two hundred goods that are recognised well enough for buttons. */
const goods = Effect.gen(function* () {
  const { nomenclature, recognize } = yield* HarmonizedSystem
  const text = yield* Effect.promise(() => readFile(new URL("../hs/everyday.tsv", import.meta.url), "utf8"))
  return text
    .split("\n")
    .flatMap((line) => line.split("\t")[1] ?? [])
    .filter((name) => settle(recognize(name).candidates, nomenclature) !== null)
    .slice(0, 200)
})

/** Sockets, timers and children of this process, and fibers that run. */
const held = Effect.gen(function* () {
  const resources = process.getActiveResourcesInfo().filter((kind) => /TCPSocket|Process|Timeout/.test(kind))
  const fibers = (yield* Metric.snapshot).find(({ id }) => id === "child_fibers_active")
  return {
    resources: resources.length,
    fibers: fibers?.type === "Gauge" ? Number(fibers.state.value) : 0,
    listeners: process.eventNames().length,
  }
})

layer(HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer)), { excludeTestServices: true })(
  "a Context7 that",
  (it) => {
    it.effect.each(faults.map((fault) => [fault.name, fault] as const))(
      "%s costs a source and nothing else",
      ([, { answer, errors: tags }]) =>
        Effect.gen(function* () {
          const url = yield* badServer(answer)
          const { buttons, errors, result, said } = yield* turn(unsure).pipe(Effect.provide(pagesOver(url)))
          assert.lengthOf(buttons, 3)
          assert.strictEqual(said.at(-1)?.eventType, "detail_page_buttons_complete")
          assert.lengthOf(errors, tags.includes("LibraryNotFound") ? 0 : 1)
          assert.deepStrictEqual(result.info.evidence, [])
          assert.notStrictEqual(result.info.detected?.source, "context7")
        }).pipe(Effect.scoped),
    )

    it.effect("is dead costs two hundred turns at once nothing but a source, and leaves nothing behind", () =>
      Effect.gen(function* () {
        const before = yield* held
        yield* Effect.gen(function* () {
          const url = yield* badServer(() => undefined)
          const turns = yield* Effect.all((yield* goods).map(turn), { concurrency: "unbounded" }).pipe(
            Effect.provide(pagesOver(url)),
          )
          assert.lengthOf(turns, 200)
          assert.isTrue(turns.every(({ buttons, errors }) => buttons.length === 3 && errors.length === 1))
        }).pipe(Effect.scoped)
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        const after = yield* held
        assert.isAtMost(after.resources, before.resources)
        assert.deepStrictEqual([after.fibers, after.listeners], [before.fibers, before.listeners])
      }).pipe(Effect.provide(Metric.enableRuntimeMetricsLayer)),
    )

    it.effect("cannot be reached costs a source and nothing else", () =>
      Effect.gen(function* () {
        const { buttons, errors } = yield* turn(unsure).pipe(Effect.provide(pagesOver("http://127.0.0.1:1")))
        assert.deepStrictEqual([buttons.length, errors.length], [3, 1])
      }),
    )

    it.effect("has no documentation tool costs a source and nothing else", () =>
      Effect.gen(function* () {
        const url = yield* badServer(() => undefined, ["something"])
        const { buttons, errors } = yield* turn(unsure).pipe(Effect.provide(pagesOver(url)))
        assert.deepStrictEqual([buttons.length, errors.length], [3, 1])
      }).pipe(Effect.scoped),
    )

    it.effect("speaks the older dialect brings its evidence all the same", () =>
      Effect.gen(function* () {
        const docs = "### 휴대폰 거치대\n\nSource: https://customs.example/a\n\n휴대폰 거치대는 HS 7326.90에 분류한다"
        const url = yield* badServer(
          (call, response) => reply(response, call, text(docs)),
          ["resolve-library-id", "get-library-docs"],
        )
        const { errors, result } = yield* turn(unsure).pipe(Effect.provide(pagesOver(url)))
        assert.deepStrictEqual([errors.length, result.info.evidence.length], [0, 1])
      }).pipe(Effect.scoped),
    )
  },
)
