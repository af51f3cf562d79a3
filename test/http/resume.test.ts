/** Turns over HTTP: left, resumed, retried and stopped by real clients. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { tokenFor } from "./Edge.ts"
import { baseUrl, service } from "./TestService.ts"

interface Answer {
  readonly status: number
  readonly turnId: string | null
  readonly text: string
}

const call = (path: string, init: RequestInit = {}) =>
  Effect.flatMap(baseUrl, (base) =>
    Effect.promise(async (signal): Promise<Answer> => {
      const response = await fetch(`${base}${path}`, { signal, ...init })
      return { status: response.status, turnId: response.headers.get("x-turn-id"), text: await response.text() }
    }),
  )

const json = { "content-type": "application/json" }
const ask = (headers: Record<string, string> = {}, message = "가죽 지갑 HS코드") =>
  call("/api/chat", { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify({ message }) })

const idsOf = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? "")
/** What stands behind an event. */
const behind = (text: string, id: string) => text.slice(text.indexOf("\n\n", text.indexOf(`id: ${id}\n`)) + 2)

layer(service)("a turn over HTTP", (it) => {
  it.effect("goes on behind the last event that the client has, byte for byte, by either way", () =>
    Effect.gen(function* () {
      const { text, turnId } = yield* ask()
      const ids = idsOf(text)
      for (const [index, id] of ids.slice(0, -1).entries()) {
        const rest = behind(text, id)
        const posted = yield* ask({ "last-event-id": id })
        assert.deepStrictEqual([posted.status, posted.turnId, posted.text], [200, turnId, rest])
        const events = `/api/chat/turns/${turnId}/events`
        assert.strictEqual((yield* call(events, { headers: { "last-event-id": id } })).text, rest)
        assert.strictEqual((yield* call(`${events}?after=${index + 1}`)).text, rest)
        assert.strictEqual(
          (yield* call(`${events.replace(/[^/]{36}/, (id) => id.toUpperCase())}?after=${index + 1}`)).text,
          rest,
        )
      }
      const last = ids.at(-1) ?? ""
      assert.deepInclude(yield* ask({ "last-event-id": last }), { status: 200, text: "" })
      const got = yield* call(`/api/chat/turns/${turnId}/events`, { headers: { "last-event-id": last } })
      assert.deepInclude(got, { status: 204, text: "" })
    }),
  )

  it.effect("is refused to whoever may not read it, and when it is gone", () =>
    Effect.gen(function* () {
      const [alice, bob] = [yield* tokenFor("alice"), yield* tokenFor("bob")]
      const { turnId } = yield* ask({ authorization: `Bearer ${alice}` })
      const events = `/api/chat/turns/${turnId}/events`
      for (const headers of [{}, { authorization: `Bearer ${bob}` }]) {
        const { status, text } = yield* call(events, { headers })
        assert.deepStrictEqual([status, JSON.parse(text).code], [403, "CHAT_008"])
        assert.strictEqual((yield* call(`/api/chat/turns/${turnId}`, { method: "DELETE", headers })).status, 403)
      }
      const gone = yield* call(`/api/chat/turns/${randomUUID()}/events`)
      assert.deepStrictEqual([gone.status, JSON.parse(gone.text).code], [410, "CHAT_012"])
      for (const id of ["nonsense", `${turnId}`, `${turnId}-x`]) {
        assert.deepInclude(JSON.parse((yield* ask({ "last-event-id": id })).text), { status: 400, code: "CHAT_000" })
      }
      assert.strictEqual((yield* call("/api/chat/turns/not-a-turn/events")).status, 400)
    }),
  )

  it.effect("is one turn however often it is asked under one key", () =>
    Effect.gen(function* () {
      const key = { "idempotency-key": randomUUID() }
      const answers = yield* Effect.all(
        Array.from({ length: 5 }, () => ask(key)),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(new Set(answers.map(({ text }) => text)).size, 1)
      const other = yield* ask(key, "다른 질문")
      assert.deepStrictEqual([other.status, JSON.parse(other.text).code], [409, "CHAT_011"])
      assert.strictEqual((yield* ask({ "idempotency-key": "x".repeat(201) })).status, 400)
    }),
  )

  it.effect("may be stopped, again and after its end", () =>
    Effect.gen(function* () {
      const { turnId } = yield* ask()
      for (let n = 0; n < 2; n++) {
        assert.strictEqual((yield* call(`/api/chat/turns/${turnId}`, { method: "DELETE" })).status, 204)
      }
    }),
  )
})
