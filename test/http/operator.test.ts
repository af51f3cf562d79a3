import { assert, layer } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { Invalidations } from "../../src/detail/Invalidations.ts"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { bearer, edge, request, tokenFor } from "./Edge.ts"

const token = "an-operator-token-of-ours"

const metrics = (headers: Record<string, string> = {}) =>
  Effect.flatMap(request("/metrics", { headers }), (response) =>
    Effect.map(
      Effect.promise(() => response.text()),
      (text) => ({ status: response.status, headers: response.headers, text }),
    ),
  )

layer(harmonizedSystem)("the operator", (it) => {
  it.effect("reads every metric in Prometheus' format", () =>
    Effect.gen(function* () {
      yield* Metric.update(Metric.counter("test_questions", { description: "Questions" }), 3)
      const { status, headers, text } = yield* metrics(bearer(token))
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      assert.match(text, /^# HELP test_questions Questions$/m)
      assert.match(text, /^test_questions 3$/m)
    }).pipe(Effect.provide(edge({ OPERATOR_TOKEN: token }))),
  )

  it.effect("is nobody else: no token, another one, one that begins alike, a member's", () =>
    Effect.gen(function* () {
      const refused = yield* metrics()
      assert.strictEqual(refused.headers.get("www-authenticate"), "Bearer")
      assert.deepInclude(JSON.parse(refused.text), { status: 401, code: "AUTH_003" })
      for (const other of ["x".repeat(token.length), token.slice(0, -1), `${token}x`, yield* tokenFor("operator")]) {
        const { status, headers, text } = yield* metrics(bearer(other))
        assert.strictEqual(status, 401)
        assert.strictEqual(headers.get("www-authenticate"), 'Bearer error="invalid_token"')
        assert.notInclude(text, token)
      }
      assert.strictEqual((yield* request(`/metrics?token=${token}`)).status, 401)
    }).pipe(Effect.provide(edge({ OPERATOR_TOKEN: token }))),
  )

  it.effect("does not exist where no token is set", () =>
    Effect.gen(function* () {
      const { status, text } = yield* metrics(bearer(token))
      const absent = yield* request("/nowhere")
      assert.strictEqual(status, 404)
      assert.deepStrictEqual(JSON.parse(text), yield* Effect.promise(() => absent.json()))
    }).pipe(Effect.provide(edge())),
  )

  it.effect("declares outdated what is kept of a code, a library, a version, or everything", () =>
    Effect.gen(function* () {
      const forget = (query: string, headers = bearer(token)) =>
        Effect.flatMap(request(`/api/operator/cache${query}`, { method: "DELETE", headers }), (response) =>
          Effect.map(
            Effect.promise(
              () => response.json() as Promise<{ readonly outdated?: ReadonlyArray<string>; readonly code?: string }>,
            ),
            (body) => ({ status: response.status, body }),
          ),
        )
      const { concern } = yield* Invalidations
      const entry = { scopes: ["code 851713", "code 8517", "library /customs/guide"], at: 0 }
      assert.deepStrictEqual((yield* forget("?code=9503.00")).body.outdated, ["code 950300"])
      assert.isFalse(yield* concern(entry))
      const two = yield* forget("?code=8517&library=/customs/guide")
      assert.deepStrictEqual(two.body.outdated, ["code 8517", "library /customs/guide"])
      assert.isTrue(yield* concern(entry))
      assert.deepStrictEqual((yield* forget("?version=1")).body.outdated, ["version 1"])
      assert.deepStrictEqual((yield* forget("")).body.outdated, ["everything"])
      assert.deepInclude((yield* forget("?code=abc")).body, { code: "HSCODE_001" })
      assert.strictEqual((yield* forget("", bearer("not-the-operator-token"))).status, 401)
    }).pipe(Effect.provide(edge({ OPERATOR_TOKEN: token }))),
  )

  it.effect("is no member", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* request("/api/chat/history", { headers: bearer(token) })).status, 401)
    }).pipe(Effect.provide(edge({ OPERATOR_TOKEN: token }))),
  )
})
