import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { Context7 } from "../../src/context7/Context7.ts"
import { type Answer, badServer, faults, patience, reply, text } from "./BadServer.ts"
import { configFor, Context7Backend, context7Http } from "./Context7Server.ts"

const askWith = (
  answer: Answer,
  tools: ReadonlyArray<string> = ["resolve-library-id", "query-docs"],
  apiKey: string | null = null,
) =>
  Effect.gen(function* () {
    const url = yield* badServer(answer, tools)
    const config = configFor(url, {
      apiKey: apiKey === null ? null : Redacted.make(apiKey),
      timeout: Duration.millis(patience),
    })
    return yield* Effect.gen(function* () {
      return yield* (yield* Context7).getLibraryDocs("/customs/guide", "smartphone")
    }).pipe(Effect.provide(Context7.layerOf(config).pipe(Layer.provide(CircuitBreaker.layerStoreMemory()))))
  }).pipe(Effect.scoped)

it.live.each(faults.map((fault) => [fault.name, fault] as const))(
  "a server that %s gives a typed error",
  ([, { answer, errors }]) =>
    Effect.gen(function* () {
      assert.include(errors, (yield* Effect.flip(askWith(answer)))._tag)
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
    const config = configFor("http://127.0.0.1:1", { timeout: Duration.millis(patience) })
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
      Array.from({ length: 16 }, () => context7.getLibraryDocs("/customs/guide", "smartphone")),
      { concurrency: "unbounded" },
    )
    assert.isTrue(all.every((snippets) => snippets.length === 2))
  }).pipe(Effect.provide(context7Http)),
)
