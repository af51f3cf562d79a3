import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { harmonizedSystem, historyLost } from "../chat/TestRooms.ts"
import { ask, edge, request } from "./Edge.ts"

const ours = "https://app.example"
const theirs = "https://evil.example"
const variables = { CORS_ORIGINS: `${ours}, http://localhost:3000`, RATE_LIMIT_GUEST: "2/1 minute" }

const preflight = (origin: string) =>
  request("/api/chat", {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  })

const list = (headers: Headers, name: string) => (headers.get(name) ?? "").split(",").map((item) => item.trim())

layer(harmonizedSystem)("other websites", (it) => {
  it.effect("may ask first what they may send, and are told", () =>
    Effect.gen(function* () {
      for (const origin of [ours, "http://localhost:3000"]) {
        const { status, headers } = yield* preflight(origin)
        assert.strictEqual(status, 204)
        assert.strictEqual(headers.get("access-control-allow-origin"), origin)
        assert.deepStrictEqual(list(headers, "access-control-allow-methods"), ["GET", "POST", "DELETE"])
        assert.sameMembers(list(headers, "access-control-allow-headers"), [
          "authorization",
          "cache-control",
          "content-type",
          "idempotency-key",
          "last-event-id",
          "traceparent",
        ])
        assert.include(list(headers, "vary"), "Origin")
        assert.isNull(headers.get("access-control-allow-credentials"))
      }
    }).pipe(Effect.provide(edge(variables))),
  )

  it.effect("may not when they are not listed, however alike they look", () =>
    Effect.gen(function* () {
      for (const origin of [theirs, "null", "http://app.example", `${ours}:8443`, `${ours}.evil.example`]) {
        const { headers } = yield* preflight(origin)
        assert.isNull(headers.get("access-control-allow-origin"), origin)
        assert.include(list(headers, "vary"), "Origin")
      }
    }).pipe(Effect.provide(edge({ CORS_ORIGINS: ours }))),
  )

  it.effect("read streams and refusals of every kind alike, when they are listed", () =>
    Effect.gen(function* () {
      const headers = { origin: ours }
      const stream = yield* ask(headers)
      assert.include(stream.text, "event: stream_end")
      const answers = [
        stream,
        yield* request("/api/chat", { method: "POST", headers, body: "{}" }),
        yield* ask(headers),
        yield* request("/api/chat/history", { headers }),
        yield* request("/api/hs/search?q=leather&token=x", { headers }),
        yield* request("/nowhere", { headers }),
        yield* request("/health/ready", { headers }),
      ]
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 415, 429, 401, 401, 404, 200],
      )
      for (const answer of answers) {
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), ours, `${answer.status}`)
        assert.include(list(answer.headers, "vary"), "Origin")
        assert.includeMembers(list(answer.headers, "access-control-expose-headers"), [
          "X-Turn-Id",
          "Retry-After",
          "RateLimit",
          "RateLimit-Policy",
        ])
      }
    }).pipe(Effect.provide(edge(variables, historyLost))),
  )

  it.effect("get nothing to read when they are not listed", () =>
    Effect.gen(function* () {
      const answers = [yield* ask({ origin: theirs }), yield* request("/health/live", { headers: { origin: theirs } })]
      for (const { headers } of [...answers, yield* request("/health/live")]) {
        assert.isNull(headers.get("access-control-allow-origin"))
        assert.include(list(headers, "vary"), "Origin")
      }
    }).pipe(Effect.provide(edge({ CORS_ORIGINS: ours }))),
  )

  it.effect("are not spoken of at all when none is listed", () =>
    Effect.gen(function* () {
      const answers = [yield* preflight(ours), yield* ask({ origin: ours })]
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [404, 200],
      )
      for (const { headers } of answers) {
        assert.isEmpty([...headers.keys()].filter((name) => name === "vary" || name.startsWith("access-control")))
      }
    }).pipe(Effect.provide(edge())),
  )
})
