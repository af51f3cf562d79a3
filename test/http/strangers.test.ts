/** Two members against each other, and a guest against both, wherever an id, a key or a cache could lead to what is another's. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Tokens } from "../../src/http/Tokens.ts"
import { service } from "./TestService.ts"
import { bearer, request } from "./Edge.ts"

const product = "비밀스러운 가죽 지갑"
const json = { "content-type": "application/json" }

interface Answer {
  readonly status: number
  readonly text: string
}

const call = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  Effect.flatMap(
    request(path, {
      method,
      headers: { ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
    (response) =>
      Effect.map(
        Effect.promise(() => response.text()),
        (text): Answer => ({ status: response.status, text }),
      ),
  )

const field = ({ text }: Answer, name: string): string => new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1] ?? ""

const setUp = Effect.gen(function* () {
  const { issue } = yield* Tokens
  const [alice, bob] = [bearer(yield* issue("alice")), bearer(yield* issue("bob"))]
  const key = { "idempotency-key": "one question" }
  const turn = yield* call("POST", "/api/chat", { ...alice, ...key }, { message: product })
  return { alice, bob, key, session: field(turn, "sessionId"), turn: field(turn, "turnId") }
})

layer(service, { excludeTestServices: true })("what is a member's", (it) => {
  it.effect("is refused to another member and to guests by every endpoint that takes an id", () =>
    Effect.gen(function* () {
      const { alice, bob, session, turn } = yield* setUp
      const message = "그건 얼마예요?"
      const asked: ReadonlyArray<readonly [string, string, Record<string, string>, unknown?]> = [
        ["GET", `/api/chat/history/${session}`, {}],
        ["DELETE", `/api/chat/history/${session}`, {}],
        ["POST", "/api/chat", {}, { message, sessionId: session }],
        ["POST", "/api/chat", { "last-event-id": `${turn}-1` }, { message }],
        ["GET", `/api/chat/turns/${turn}/events`, {}],
        ["GET", `/api/chat/turns/${turn}/events?after=3`, {}],
        ["DELETE", `/api/chat/turns/${turn}`, {}],
      ]
      for (const [method, path, headers, body] of asked) {
        for (const [who, token] of [
          ["bob", bob],
          ["a guest", {}],
        ] as const) {
          const { status, text } = yield* call(method, path, { ...headers, ...token }, body)
          const isGuestsOwn = who === "a guest" && method === "POST" && !("last-event-id" in headers)
          if (isGuestsOwn) assert.strictEqual(status, 200, `${who}: ${method} ${path}`)
          else assert.oneOf(status, [401, 403, 404], `${who}: ${method} ${path}`)
          assert.notMatch(text, /비밀스러운|alice/, `${who}: ${method} ${path}`)
        }
      }
      assert.include((yield* call("GET", `/api/chat/history/${session}`, alice)).text, product)
      assert.strictEqual((yield* call("GET", `/api/chat/turns/${turn}/events`, alice)).status, 200)
    }),
  )

  it.effect("is in no list, search, export or recent queries of another", () =>
    Effect.gen(function* () {
      const { alice, bob } = yield* setUp
      for (const path of [
        "/api/chat/history",
        `/api/chat/history?keyword=${encodeURIComponent("지갑")}`,
        `/api/chat/history/search?keyword=${encodeURIComponent("지갑")}`,
        "/api/members/me/recent-queries",
        "/api/members/me/export",
      ]) {
        assert.match((yield* call("GET", path, alice)).text, /지갑|totalElements":1/, path)
        assert.notMatch((yield* call("GET", path, bob)).text, /지갑|totalElements":[1-9]/, path)
      }
    }),
  )

  it.effect("is reached by no key and no cache: the same question under the same key is another turn", () =>
    Effect.gen(function* () {
      const { bob, key, session, turn } = yield* setUp
      for (const who of [bob, {}]) {
        const theirs = yield* call("POST", "/api/chat", { ...who, ...key }, { message: product })
        assert.strictEqual(theirs.status, 200)
        assert.notInclude(theirs.text, turn)
        assert.notInclude(theirs.text, session)
      }
    }),
  )
})
