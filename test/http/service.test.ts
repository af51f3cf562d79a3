import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { SessionDetail, SessionPage } from "../../src/domain/History.ts"
import { SearchResult } from "../../src/domain/Search.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import { Schema } from "effect"
import { wholeTurn } from "../chat/contract.ts"
import { Context7Backend } from "../context7/Context7Server.ts"
import { baseUrl, service } from "./TestService.ts"

const json = { "content-type": "application/json" }

const fetched = (path: string, init: RequestInit = {}) =>
  Effect.gen(function* () {
    const base = yield* baseUrl
    return yield* Effect.promise(() => fetch(`${base}${path}`, init))
  })

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
  fetched("/api/chat", { method: "POST", headers, body })

interface Received {
  readonly id: string
  readonly event: ChatEvent
}

/** Reads a whole turn as a browser would: block by block, as the bytes arrive. */
const readEvents = async (response: Response): Promise<ReadonlyArray<Received>> => {
  const received: Array<{ readonly id: string; readonly name: string | undefined; readonly data: string }> = []
  let text = ""
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split("\n\n")
    text = blocks.pop() ?? ""
    for (const block of blocks) {
      if (block.startsWith(":")) continue
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
      )
      received.push({ id: fields["id"] ?? "", name: fields["event"], data: fields["data"] ?? "" })
    }
  }
  const events = wholeTurn(received.map(({ data }) => data))
  return events.map((event, index) => {
    const { id = "", name } = received[index] ?? {}
    assert.strictEqual(name, event.eventType)
    return { id, event }
  })
}

const ask = (message: string, token?: string, more: Record<string, unknown> = {}) =>
  Effect.gen(function* () {
    const response = yield* post(
      JSON.stringify({ message, ...more }),
      token === undefined ? json : { ...json, authorization: `Bearer ${token}` },
    )
    return { response, events: yield* Effect.promise(() => readEvents(response)) }
  })

const tokenFor = (user: string) => Effect.flatMap(Tokens, (tokens) => tokens.issue(user))

const get = (path: string, token?: string) =>
  Effect.flatMap(
    fetched(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    (response) =>
      Effect.map(
        Effect.promise(() => response.text()),
        (text) => ({ response, text, body: JSON.parse(text) as unknown }),
      ),
  )

layer(service, { excludeTestServices: true })("the service", (it) => {
  it.effect("streams a guest's turn over HTTP and leaves no row", () =>
    Effect.gen(function* () {
      const { response, events } = yield* ask("아이폰 15 프로 수입할 때 HS코드가 뭐야?")
      assert.strictEqual(response.status, 200)
      assert.include(response.headers.get("content-type"), "text/event-stream")
      assert.strictEqual(response.headers.get("cache-control"), "no-cache, no-transform")
      assert.strictEqual(response.headers.get("x-accel-buffering"), "no")
      const turnId = response.headers.get("x-turn-id")
      assert.deepStrictEqual(
        events.map(({ id }) => id),
        events.map((_, index) => `${turnId}-${index + 1}`),
      )
      const button = events.map(({ event }) => event).find((event) => event.eventType === "detail_page_button_ready")
      assert.strictEqual(button?.eventType === "detail_page_button_ready" ? button.metadata.hscode : null, "8517.13")
      const sql = yield* PgClient.PgClient
      assert.deepStrictEqual(yield* sql`SELECT * FROM chat_messages`, [])
    }),
  )

  it.effect("records a member's turn with what Context7 said and gives it back", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behaveWell
      const token = yield* tokenFor("alice")
      const { events } = yield* ask("8517.13 스마트폰 관세율", token)
      const saved = events.at(-2)?.event
      assert.strictEqual(saved?.eventType, "member_record_saved")
      const page = yield* get("/api/chat/history", token)
      const { sessions } = Schema.decodeUnknownSync(SessionPage)(page.body)
      const detail = yield* get(`/api/chat/history/${sessions[0]?.sessionId}`, token)
      const { messages, relatedData } = Schema.decodeUnknownSync(SessionDetail)(detail.body)
      assert.deepStrictEqual(
        messages.map(({ messageType }) => messageType),
        ["USER", "AI"],
      )
      assert.deepStrictEqual(relatedData.extractedHsCodes, ["8517.13"])
      const sql = yield* PgClient.PgClient
      const [row] = yield* sql`SELECT * FROM chat_messages WHERE message_type = 'AI'`
      const stored = row as {
        context7_analysis: { analysis_results: { evidence: ReadonlyArray<{ source: string }> } }
        parallel_task_metrics: object
      }
      assert.strictEqual(stored.context7_analysis.analysis_results.evidence[0]?.source, "https://customs.example/8517")
      assert.containsAllKeys(stored.parallel_task_metrics, ["task_execution", "performance_analysis"])
    }),
  )

  it.effect("shows a turn's evidence on the code's page, with its age and nothing of who asked", () =>
    Effect.gen(function* () {
      const backend = yield* Context7Backend
      yield* backend.behaveWell
      yield* ask("8517.14 feature phones", yield* tokenFor("bob"))
      const sql = yield* PgClient.PgClient
      const shelved = sql`SELECT 1 FROM code_evidence WHERE code = '851714'`.pipe(
        Effect.flatMap((rows) => (rows.length > 0 ? Effect.void : Effect.fail("not yet"))),
        Effect.retry(Schedule.forever),
      )
      yield* shelved
      const { body } = yield* get("/api/detail/hscode/8517.14")
      const [evidence] = (body as { evidence: ReadonlyArray<{ source: string; foundAt: string }> }).evidence
      assert.strictEqual(evidence?.source, "https://customs.example/8517")
      assert.isFalse(Number.isNaN(Date.parse(evidence?.foundAt ?? "")))
      assert.notInclude(JSON.stringify(body), "bob")
    }),
  )

  it.effect("shows nobody another member's session", () =>
    Effect.gen(function* () {
      const { events } = yield* ask("커피 원두", yield* tokenFor("carol"))
      const first = events[0]?.event
      const sessionId = first?.eventType === "initial_metadata" ? first.sessionId : null
      const bob = yield* tokenFor("bob")
      const read = yield* get(`/api/chat/history/${sessionId}`, bob)
      assert.deepInclude(read.body, { status: 403, code: "CHAT_008" })
      assert.deepInclude((yield* get(`/api/chat/history/${randomUUID()}`, bob)).body, { status: 404, code: "CHAT_007" })
      const written = yield* post(JSON.stringify({ message: "안녕하세요", session_uuid: sessionId }), {
        ...json,
        authorization: `Bearer ${bob}`,
      })
      assert.strictEqual(written.status, 403)
    }),
  )

  const refused: ReadonlyArray<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string]> = [
    ["no JSON", "hello", json, 400, "CHAT_000"],
    ["no message", "{}", json, 400, "CHAT_000"],
    ["a message of another type", '{"message":5}', json, 400, "CHAT_000"],
    ["an array", "[]", json, 400, "CHAT_000"],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0xfe]), json, 400, "CHAT_000"],
    ["a NUL", '{"message":"a\\u0000b"}', json, 400, "CHAT_000"],
    ["half a surrogate pair", '{"message":"ab\\ud800"}', json, 400, "CHAT_000"],
    ["a session id that is none", '{"message":"커피","sessionId":"x"}', json, 400, "CHAT_000"],
    ["too short a message", '{"message":" a "}', json, 400, "CHAT_001"],
    ["too long a message", JSON.stringify({ message: "가".repeat(1001) }), json, 400, "CHAT_002"],
    ["a huge body", JSON.stringify({ message: "a".repeat(100_000) }), json, 413, "HTTP_413"],
    ["another content type", '{"message":"커피"}', { "content-type": "text/plain" }, 415, "HTTP_415"],
    ["another charset", '{"message":"커피"}', { "content-type": "application/json; charset=euc-kr" }, 415, "HTTP_415"],
    ["a broken token", '{"message":"커피"}', { ...json, authorization: "Bearer x.y.z" }, 401, "AUTH_003"],
    ["another scheme", '{"message":"커피"}', { ...json, authorization: "Basic abc" }, 401, "AUTH_003"],
  ]
  it.effect.each(refused)("refuses %s", ([, body, headers, status, code]) =>
    Effect.gen(function* () {
      const response = yield* post(body, headers)
      assert.strictEqual(response.status, status)
      assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
      const problem = yield* Effect.promise(() => response.json() as Promise<Record<string, unknown>>)
      assert.deepInclude(problem, { status, code })
      assert.strictEqual(problem["message"], problem["detail"])
      assert.isString(problem["title"])
    }),
  )

  it.effect("takes a message of a thousand emoji and unknown fields", () =>
    Effect.gen(function* () {
      const { events } = yield* ask("🙂".repeat(1000), undefined, { extra: 1 })
      assert.strictEqual(events.at(-1)?.event.eventType, "stream_end")
    }),
  )

  it.effect("lets no message forge an event", () =>
    Effect.gen(function* () {
      const { events } = yield* ask("커피\n\nevent: forged\ndata: {}\r\n\u2028 원두", yield* tokenFor("mallory"))
      assert.strictEqual(events.at(-1)?.event.eventType, "stream_end")
      assert.isFalse(events.some(({ event }) => (event.eventType as string) === "forged"))
    }),
  )

  it.effect("gives a member back what they asked for lately, and erases all of it when they want", () =>
    Effect.gen(function* () {
      const [frank, grace] = [yield* tokenFor("frank"), yield* tokenFor("grace")]
      yield* ask("8517.12 관세율", frank)
      yield* ask("가죽 지갑 HS코드가 뭐야?", frank)
      yield* ask("가죽 지갑", grace)
      const recent = (token: string) =>
        Effect.map(get("/api/members/me/recent-queries", token), ({ body }) =>
          (body as { queries: ReadonlyArray<{ query: string }> }).queries.map(({ query }) => query),
        )
      assert.deepStrictEqual(yield* recent(frank), ["가죽 지갑", "8517.12"])
      const url = `${yield* baseUrl}/api/members/me/data`
      const headers = { authorization: `Bearer ${frank}` }
      const erased = yield* Effect.promise(() => fetch(url, { method: "DELETE", headers }))
      assert.strictEqual(erased.status, 204)
      assert.deepStrictEqual(yield* recent(frank), [])
      const { body } = yield* get("/api/chat/history", frank)
      assert.lengthOf(Schema.decodeUnknownSync(SessionPage)(body).sessions, 0)
      assert.deepStrictEqual(yield* recent(grace), ["가죽 지갑"])
      assert.deepInclude((yield* get("/api/members/me/recent-queries")).body, { status: 401, code: "AUTH_003" })
    }),
  )

  it.effect("refuses history without a token, and pages that are none", () =>
    Effect.gen(function* () {
      assert.deepInclude((yield* get("/api/chat/history")).body, { status: 401, code: "AUTH_003" })
      const token = yield* tokenFor("alice")
      for (const query of ["page=0", "size=101", "startDate=2026-13-01", "startDate=yesterday"]) {
        assert.deepInclude((yield* get(`/api/chat/history?${query}`, token)).body, { status: 400 })
      }
      assert.deepInclude((yield* get("/api/chat/history/not-a-uuid", token)).body, { status: 400 })
      assert.deepInclude((yield* get("/nowhere")).body, { status: 404, code: "HTTP_404" })
    }),
  )

  it.effect("is live and ready, and describes every event", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* get("/health/live")).body, { status: "live" })
      assert.deepInclude((yield* get("/health/ready")).body, { status: "ready" })
      const { text } = yield* get("/openapi.json")
      for (const name of [
        "initial_metadata",
        "detail_page_button_ready",
        "member_record_saved",
        "stream_end",
        "CHAT",
      ]) {
        assert.include(text, name === "CHAT" ? "/api/chat" : name)
      }
      const docs = yield* fetched("/docs")
      assert.strictEqual(docs.status, 200)
    }),
  )

  it.effect("searches goods, says why others came second, and asks when that decides", () =>
    Effect.gen(function* () {
      const { body } = yield* get(`/api/hs/search?q=${encodeURIComponent("가죽 지갑")}&limit=3`)
      const found = Schema.decodeUnknownSync(SearchResult)(body)
      assert.strictEqual(found.candidates[0]?.hscode.slice(0, 4), "4202")
      assert.isAtMost(found.candidates.length, 3)
      assert.isNull(found.candidates[0]?.distinction)
      assert.isNotNull(found.candidates[1]?.distinction)
      const old = Schema.decodeUnknownSync(SearchResult)((yield* get("/api/hs/search?q=8517.12")).body)
      assert.deepStrictEqual(old.superseded, [{ hscode: "8517.12", successors: ["8517.13", "8517.14"] }])
      for (const query of ["", "q=", "q=x&limit=0", "q=x&limit=11", `q=${"x".repeat(1001)}`]) {
        assert.deepInclude((yield* get(`/api/hs/search?${query}`)).body, { status: 400 })
      }
    }),
  )
})
