import { assert, describe, it as plain, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { networkOf } from "../../src/http/ClientAddress.ts"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { ask, bearer, edge, request, tokenFor } from "./Edge.ts"

const from = (address: string) => ({ "x-forwarded-for": address })

const statusOf = (headers: Record<string, string> = {}) => Effect.map(ask(headers), ({ status }) => status)

layer(harmonizedSystem)("limits", (it) => {
  it.effect("a guest may ask so many times at once, then is told when to come back, and may", () =>
    Effect.gen(function* () {
      const first = yield* ask()
      assert.include(first.text, "event: stream_end")
      assert.strictEqual(first.headers.get("ratelimit-policy"), '"guest";q=2;w=60')
      assert.strictEqual(first.headers.get("ratelimit"), '"guest";r=1;t=30')
      assert.isNull(first.headers.get("retry-after"))
      assert.strictEqual((yield* ask()).headers.get("ratelimit"), '"guest";r=0;t=60')
      yield* TestClock.adjust("10 seconds")
      const third = yield* ask()
      assert.strictEqual(third.status, 429)
      assert.strictEqual(third.headers.get("content-type"), "application/problem+json")
      assert.deepInclude(JSON.parse(third.text), { status: 429, code: "RATE_LIMIT_002" })
      assert.strictEqual(third.headers.get("retry-after"), "20")
      assert.strictEqual(third.headers.get("ratelimit"), '"guest";r=0;t=20')
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* statusOf(), 200)
      assert.strictEqual(yield* statusOf(), 429)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([yield* statusOf(), yield* statusOf(), yield* statusOf()], [200, 200, 429])
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "2/1 minute" }))),
  )

  it.effect("members are counted each by themselves, and not with the guests of their network", () =>
    Effect.gen(function* () {
      const [alice, bob] = [bearer(yield* tokenFor("alice")), bearer(yield* tokenFor("bob"))]
      assert.strictEqual((yield* ask(alice)).headers.get("ratelimit-policy"), '"member";q=1;w=3600')
      assert.deepStrictEqual([yield* statusOf(alice), yield* statusOf(bob), yield* statusOf()], [429, 200, 200])
      assert.deepStrictEqual([yield* statusOf(), yield* statusOf(bob)], [429, 429])
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute", RATE_LIMIT_MEMBER: "1/1 hour" }))),
  )

  it.effect("an answer that refuses the question says how the limit stands too", () =>
    Effect.gen(function* () {
      const refused = yield* request("/api/chat", { method: "POST", body: "{}" })
      assert.strictEqual(refused.status, 415)
      assert.strictEqual(refused.headers.get("ratelimit"), '"guest";r=19;t=3')
      assert.strictEqual(refused.headers.get("ratelimit-policy"), '"guest";q=20;w=60')
    }).pipe(Effect.provide(edge())),
  )

  it.effect("only questions count", () =>
    Effect.gen(function* () {
      for (const path of ["/health/live", "/api/hs/search?q=leather", "/nowhere"]) {
        const response = yield* request(path)
        assert.isNull(response.headers.get("ratelimit"))
      }
      assert.deepStrictEqual([yield* statusOf(), yield* statusOf()], [200, 429])
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute" }))),
  )

  it.effect("going on with a turn does not count; an empty Last-Event-ID goes on with none", () =>
    Effect.gen(function* () {
      const goesOn = { "last-event-id": "00000000-0000-4000-8000-000000000000-1" }
      assert.deepStrictEqual([yield* statusOf(goesOn), yield* statusOf(goesOn)], [410, 410])
      assert.deepStrictEqual(
        [yield* statusOf({ "last-event-id": "" }), yield* statusOf({ "last-event-id": "" })],
        [200, 429],
      )
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute" }))),
  )

  it.effect("a limit that is off counts nothing and says nothing", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* ask()
      assert.strictEqual(status, 200)
      assert.isNull(headers.get("ratelimit"))
      assert.isNull(headers.get("ratelimit-policy"))
      assert.strictEqual((yield* ask(bearer(yield* tokenFor("alice")))).headers.get("ratelimit"), '"member";r=59;t=1')
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "off" }))),
  )

  it.effect("without trusted proxies nobody escapes by another X-Forwarded-For", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([yield* statusOf(from("192.0.2.1")), yield* statusOf(from("192.0.2.2"))], [200, 429])
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute" }))),
  )

  it.effect("a proxy that is not one of the trusted is not believed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([yield* statusOf(from("192.0.2.1")), yield* statusOf(from("192.0.2.2"))], [200, 429])
    }).pipe(Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute", TRUSTED_PROXIES: "10.0.0.0/8" }))),
  )

  it.effect("behind trusted proxies the rightmost address counts that is none of them", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* statusOf(from("192.0.2.1")), 200)
      assert.strictEqual(yield* statusOf(from("198.51.100.9, 192.0.2.1")), 429)
      assert.strictEqual(yield* statusOf(from("198.51.100.9, 192.0.2.1, 10.1.2.3")), 429)
      assert.strictEqual(yield* statusOf(from("::ffff:192.0.2.1")), 429)
      assert.strictEqual(yield* statusOf(from("192.0.2.1, 198.51.100.9")), 200)
      assert.strictEqual(yield* statusOf(from("2001:db8:1:2::1")), 200)
      assert.strictEqual(yield* statusOf(from("2001:db8:1:2:ffff::9")), 429)
      assert.strictEqual(yield* statusOf(from("2001:db8:1:3::1")), 200)
    }).pipe(
      Effect.provide(edge({ RATE_LIMIT_GUEST: "1/1 minute", TRUSTED_PROXIES: "127.0.0.0/8, ::1/128, 10.0.0.0/8" })),
    ),
  )
})

describe("a client's network", () => {
  const seen = (address: string) =>
    networkOf(
      HttpServerRequest.fromWeb(new Request("http://localhost/")).modify({ remoteAddress: Option.some(address) }),
    )

  plain.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["::1", "::/64"],
    ["fe80::1%eth0", "fe80::1%eth0"],
  ])("of %s is %s", (address, network) => {
    assert.strictEqual(seen(address), network)
  })
})
