import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { ExportLine, MessagePage, SessionPage } from "../../src/domain/History.ts"
import { UserId } from "../../src/domain/Turn.ts"
import { bearer, request, tokenFor } from "../http/Edge.ts"
import { service } from "../http/TestService.ts"
import { record, sessionId } from "./turns.ts"

const as = (user: string, path: string, init: RequestInit = {}) =>
  Effect.gen(function* () {
    const response = yield* request(path, { ...init, headers: bearer(yield* tokenFor(user)) })
    return { response, text: yield* Effect.promise(() => response.text()) }
  })

const decodeLine = Schema.decodeUnknownSync(Schema.fromJsonString(ExportLine))
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => decodeLine(line))

layer(service, { excludeTestServices: true })("the history over HTTP", (it) => {
  it.effect("is listed and searched by keyword, day and code, dotted or not", () =>
    Effect.gen(function* () {
      const session = sessionId()
      yield* record(UserId.make("ann"), session, "소가죽지갑 세율", "4202.31입니다", "4202.31")
      yield* record(UserId.make("ann"), sessionId(), "커피", "0901.21입니다", "0901.21")
      for (const hscode of ["4202.31", "420231", "4202"]) {
        const { text } = yield* as("ann", `/api/chat/history?hscode=${hscode}`)
        const { sessions } = Schema.decodeUnknownSync(SessionPage)(JSON.parse(text))
        assert.deepStrictEqual(
          sessions.map(({ sessionId }) => sessionId),
          [session],
        )
      }
      const query = new URLSearchParams({ keyword: "지갑", hscode: "4202.31", startDate: "2020-01-01", size: "5" })
      const { messages } = Schema.decodeUnknownSync(MessagePage)(
        JSON.parse((yield* as("ann", `/api/chat/history/search?${query}`)).text),
      )
      assert.deepStrictEqual(
        messages.map(({ content }) => content),
        ["소가죽지갑 세율"],
      )
    }),
  )

  it.effect("refuses what cannot be searched for with the field that is wrong", () =>
    Effect.gen(function* () {
      for (const wrong of [
        "search",
        "search?keyword=%20",
        "search?keyword=a%00b",
        "search?keyword=x&page=0",
        "search?keyword=x&hscode=123",
        "?hscode=sock",
        "?cursor=1_2",
        "?startDate=2026-13-01",
        "?endDate=2026-02-30",
        "?startDate=0000-01-01",
      ]) {
        assert.strictEqual(
          (yield* as("ann", `/api/chat/history/${wrong}`.replace("/?", "?"))).response.status,
          400,
          wrong,
        )
      }
      assert.strictEqual((yield* request("/api/chat/history/search?keyword=x")).status, 401)
    }),
  )

  it.effect("a session is erased by its owner only, and gone after that", () =>
    Effect.gen(function* () {
      const session = sessionId()
      yield* record(UserId.make("ben"), session, "erase me", "gladly")
      const erase = (user: string) => as(user, `/api/chat/history/${session}`, { method: "DELETE" })
      const stranger = yield* erase("eve")
      assert.deepInclude(JSON.parse(stranger.text), { status: 403, code: "CHAT_008" })
      assert.strictEqual((yield* erase("ben")).response.status, 204)
      assert.deepInclude(JSON.parse((yield* erase("ben")).text), { status: 404, code: "CHAT_007" })
      assert.strictEqual((yield* as("ben", `/api/chat/history/${session}`)).response.status, 404)
      assert.deepInclude(JSON.parse((yield* as("ben", "/api/chat/history")).text).summary, { totalMessages: 0 })
    }),
  )

  it.effect(
    "an export holds every session and message with its analysis, nobody else's, and says that it is whole",
    () =>
      Effect.gen(function* () {
        const cleo = UserId.make("cleo")
        const session = sessionId()
        for (let turn = 0; turn < 60; turn++)
          yield* record(cleo, session, `question ${turn}`, "answer\n\u2028", "8517.13")
        yield* record(UserId.make("dan"), sessionId(), "dan's", "answer")
        const { response, text } = yield* as("cleo", "/api/members/me/export")
        assert.strictEqual(response.headers.get("content-type"), "application/x-ndjson")
        const lines = linesOf(text)
        const messages = lines.flatMap((line) => (line.type === "message" ? [line] : []))
        assert.deepStrictEqual(
          lines.flatMap((line) => (line.type === "session" ? [[line.sessionId, line.messageCount]] : [])),
          [[session, 120]],
        )
        assert.strictEqual(new Set(messages.map(({ messageId }) => messageId)).size, 120)
        assert.isFalse(text.includes("dan's"))
        const answer = messages.at(-1)
        assert.strictEqual(answer?.content, "answer\n\u2028")
        assert.deepInclude(answer?.hscodeAnalysis, { detected_hscode: "8517.13", product_name: "아이폰 15 프로" })
        assert.isNotNull(answer?.parallelTaskMetrics)
        assert.deepStrictEqual(lines.at(-1), { type: "end", lines: 121 })
        assert.deepStrictEqual(linesOf((yield* as("nobody", "/api/members/me/export")).text), [
          { type: "end", lines: 0 },
        ])
      }),
  )

  it.effect("an export holds what the member asked for lately", () =>
    Effect.gen(function* () {
      const token = yield* tokenFor("faye")
      const answer = yield* request("/api/chat", {
        method: "POST",
        headers: { "content-type": "application/json", ...bearer(token) },
        body: JSON.stringify({ message: "8517.13 스마트폰 관세율" }),
      })
      yield* Effect.promise(() => answer.text())
      const types = linesOf((yield* as("faye", "/api/members/me/export")).text).map(({ type }) => type)
      assert.deepStrictEqual(types, ["session", "message", "message", "recentQuery", "end"])
    }),
  )
})
