import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { spawnSync } from "node:child_process"
import { Context7 } from "../../src/context7/Context7.ts"
import { afresh, Context7Backend, context7Http, context7Server, context7Stdio, library } from "./Context7Server.ts"

const suite = (name: string, context7: Layer.Layer<Context7 | Context7Backend, unknown>) =>
  layer(context7, { excludeTestServices: true })(`Context7 over ${name}`, (it) => {
    it.effect("resolves the library whose title carries the name before its forks", () =>
      Effect.gen(function* () {
        const found = yield* (yield* Context7).resolveLibraryId("스마트폰 customs", "아이폰 HS코드")
        assert.strictEqual(found[0]?.id, "/customs/guide")
        assert.strictEqual(found.length, 2)
      }),
    )

    it.effect("brings the snippets of a library with their sources", () =>
      Effect.gen(function* () {
        const snippets = yield* (yield* Context7).getLibraryDocs("/customs/guide", "smartphone")
        assert.deepStrictEqual(
          snippets.map(({ title, source }) => [title, source]),
          [
            ["Smartphones in heading 8517", "https://customs.example/8517"],
            ["Other telephones", "https://customs.example/8517-other"],
          ],
        )
        assert.include(snippets[0]?.text, "8517.13")
      }),
    )
  })

suite("HTTP", context7Http)
suite("stdio", context7Stdio)

layer(context7Server, { excludeTestServices: true })("Context7's failures, which look like answers", (it) => {
  const failures: ReadonlyArray<[string, number, unknown, string]> = [
    ["an invalid key", 401, {}, "Context7Unauthorised"],
    ["a missing library", 404, {}, "LibraryNotFound"],
    ["a rate limit", 429, {}, "Context7RateLimited"],
    ["a broken backend", 503, {}, "Context7ApiError"],
    ["an empty documentation", 200, "", "LibraryNotFound"],
  ]
  it.effect.each(failures)("become typed errors: %s", ([, status, body, tag]) =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behave(() => ({ status, body }))
      const failed = yield* Effect.flip((yield* Context7).getLibraryDocs("/customs/guide", "smartphone"))
      assert.strictEqual(failed._tag, tag)
    }).pipe(afresh),
  )

  it.effect("asks again when a failure may pass, and never for a key or a limit", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      const askedWhile = (status: number) =>
        Effect.gen(function* () {
          yield* backend.behave(() => ({ status, body: {} }))
          const before = backend.requests.length
          yield* Effect.flip((yield* Context7).getLibraryDocs("/customs/guide", "smartphone"))
          return backend.requests.length - before
        }).pipe(afresh)
      assert.strictEqual(yield* askedWhile(429), 1)
      assert.strictEqual(yield* askedWhile(401), 1)
      assert.isAbove(yield* askedWhile(503), 1)
    }).pipe(afresh),
  )

  it.effect("says that no library carries the name", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behave(() => ({ body: { results: [], searchFilterApplied: false } }))
      assert.strictEqual(
        (yield* Effect.flip((yield* Context7).resolveLibraryId("nothing", "nothing")))._tag,
        "LibraryNotFound",
      )
    }).pipe(afresh),
  )

  it.effect("follows a library that moved, once", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behave((url) =>
        url.searchParams.get("libraryId") === "/old/name"
          ? {
              status: 301,
              body: {
                redirectUrl: "/customs/guide",
                message: "Library /old/name has been redirected to this library: /customs/guide.",
              },
            }
          : { body: "### Found\n\nSource: https://customs.example\n\n8517.13" },
      )
      const snippets = yield* (yield* Context7).getLibraryDocs("/old/name", "smartphone")
      assert.deepStrictEqual(
        snippets.map(({ title }) => title),
        ["Found"],
      )
    }).pipe(afresh),
  )

  it.effect("gives up after its timeout when nothing answers, and works again afterwards", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      const context7 = yield* Context7
      yield* backend.behave(() => "never")
      assert.strictEqual(
        (yield* Effect.flip(context7.getLibraryDocs("/customs/guide", "smartphone")))._tag,
        "Context7Timeout",
      )
      yield* backend.behaveWell
      assert.strictEqual((yield* context7.getLibraryDocs("/customs/guide", "smartphone")).length, 2)
    }).pipe(afresh),
  )

  it.effect("treats text without a single snippet as no documentation", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behave(() => ({ body: "Some chatter without any source." }))
      assert.deepStrictEqual(yield* (yield* Context7).getLibraryDocs("/customs/guide", "smartphone"), [])
    }).pipe(afresh),
  )

  it.effect("keeps the best library first whatever the order", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behave(() => ({
        body: {
          results: [library("/a/x", "tariff", { trustScore: 1 }), library("/b/x", "tariff", { trustScore: 9 })],
          searchFilterApplied: false,
        },
      }))
      assert.strictEqual((yield* (yield* Context7).resolveLibraryId("tariff", "q"))[0]?.id, "/b/x")
    }).pipe(afresh),
  )

  it.effect("cost nothing once it is left alone, and are told to operators", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      const context7 = yield* Context7
      yield* backend.behave(() => ({ status: 429, body: {} }))
      assert.isTrue(Option.isNone(yield* context7.refusal))
      yield* Effect.flip(context7.getLibraryDocs("/customs/guide", "smartphone"))
      const before = backend.requests.length
      const refused = yield* Effect.flip(context7.getLibraryDocs("/customs/guide", "smartphone"))
      assert.strictEqual(refused._tag, "Context7Resting")
      assert.strictEqual(backend.requests.length, before)
      assert.isTrue(Option.isSome(yield* context7.refusal))
    }).pipe(afresh),
  )
})

layer(context7Stdio, { excludeTestServices: true })("Context7 over stdio", (it) => {
  it.effect("starts its server again when somebody killed it", () =>
    Effect.gen(function* () {
      const { getLibraryDocs } = yield* Context7
      const ask = getLibraryDocs("/customs/guide", "smartphone")
      yield* ask
      const killed = spawnSync("pkill", ["-9", "-P", `${process.pid}`, "-f", "context7-mcp"])
      assert.strictEqual(killed.status, 0)
      assert.lengthOf(yield* Effect.retry(ask, { times: 3 }), 2)
    }),
  )
})
