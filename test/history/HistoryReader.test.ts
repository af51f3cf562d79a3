import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { HsCode } from "../../src/domain/HsCode.ts"
import { UserId } from "../../src/domain/Turn.ts"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { rooms } from "./rooms.ts"
import { record, sessionId, turnId } from "./turns.ts"

const first = { page: 1, size: 10 }

layer(rooms)("what members read back", (it) => {
  it.effect("pages, newest first, and finds a keyword in any message", () =>
    Effect.gen(function* () {
      const history = yield* ChatHistory
      const reader = yield* HistoryReader
      const carol = UserId.make("carol")
      for (const message of ["가죽 지갑", "100%_순면 티셔츠", "커피"]) {
        yield* history.begin({ turnId: turnId(), userId: carol, sessionId: sessionId(), message })
      }
      const first = yield* reader.list(carol, { page: 1, size: 2 })
      assert.deepStrictEqual(
        first.sessions.map((s) => s.title),
        ["커피", "100%_순면 티셔츠"],
      )
      assert.deepInclude(first.pagination, { totalElements: 3, totalPages: 2, hasNext: true, hasPrevious: false })
      assert.deepStrictEqual(
        (yield* reader.list(carol, { page: 1, size: 9, keyword: "%_순" })).sessions.map((s) => s.title),
        ["100%_순면 티셔츠"],
      )
      const none = yield* reader.list(carol, { page: 1, size: 9, endDate: "2000-01-01" })
      assert.deepStrictEqual([none.sessions.length, none.pagination.totalPages], [0, 0])
      assert.strictEqual((yield* reader.list(carol, { page: 1, size: 9, startDate: "2000-01-01" })).sessions.length, 3)
    }),
  )

  it.effect("a cursor goes on where the page before ended, also among sessions of the same moment", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const sql = yield* PgClient.PgClient
      const dora = UserId.make("dora")
      for (const n of [1, 2, 3, 4, 5]) yield* record(dora, sessionId(), `question ${n}`, "answer")
      yield* sql`UPDATE chat_sessions SET created_at = '2026-01-01', updated_at = '2026-01-01 00:00:00.000123Z' WHERE user_id = ${dora}`
      const whole = yield* reader.list(dora, first)
      const [one, two] = [
        yield* reader.list(dora, { page: 1, size: 3 }),
        yield* reader.list(dora, { page: 2, size: 3 }),
      ]
      const next = yield* reader.list(dora, { page: 2, size: 3, cursor: one.pagination.nextCursor ?? "" })
      assert.deepStrictEqual(next.sessions, two.sessions)
      assert.deepStrictEqual([...one.sessions, ...next.sessions], [...whole.sessions])
      assert.deepInclude(next.pagination, { totalElements: 5, hasNext: false, nextCursor: null })
    }),
  )

  it.effect("sessions are found by a code that was recognised in them, or by what it lies below", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const emma = UserId.make("emma")
      yield* record(emma, sessionId(), "스마트폰", "answer", "8517.13")
      yield* record(emma, sessionId(), "세탁기", "answer", "8450.11")
      yield* record(emma, sessionId(), "안녕하세요", "answer")
      const titles = (hscode: string) =>
        Effect.map(reader.list(emma, { ...first, hscode: HsCode.make(hscode) }), ({ sessions }) =>
          sessions.map(({ title }) => title),
        )
      assert.deepStrictEqual(yield* titles("851713"), ["스마트폰"])
      assert.deepStrictEqual(yield* titles("8450"), ["세탁기"])
      assert.deepStrictEqual(yield* titles("84"), ["세탁기"])
      assert.deepStrictEqual(yield* titles("851714"), [])
    }),
  )

  it.effect("a search finds Korean words inside longer ones, most relevant first, and nobody else's", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const [fred, gina] = [UserId.make("fred"), UserId.make("gina")]
      const session = sessionId()
      yield* record(
        fred,
        session,
        "소가죽지갑",
        "천연가죽으로 만든 지갑은 4202.31에 분류됩니다. 가죽의 종류와 무관합니다.",
        "4202.31",
      )
      yield* record(fred, session, "COFFEE beans", "커피 원두는 0901.21입니다", "0901.21")
      yield* record(gina, sessionId(), "가죽 지갑", "gina's", "4202.31")
      const found = (keyword: string) =>
        Effect.map(reader.search(fred, { ...first, keyword }), ({ messages }) => messages.map(({ content }) => content))
      const { messages, pagination } = yield* reader.search(fred, { ...first, keyword: "가죽 지갑" })
      assert.deepStrictEqual(
        messages.map(({ messageType, sessionTitle }) => [messageType, sessionTitle]),
        [
          ["USER", "소가죽지갑"],
          ["AI", "소가죽지갑"],
        ],
      )
      assert.strictEqual(pagination.totalElements, 2)
      const [best = 0, second = 0] = messages.map(({ relevanceScore }) => relevanceScore)
      assert.isTrue(best > second && best <= 1 && second > 0)
      assert.deepStrictEqual(yield* found("coffee"), ["COFFEE beans"])
      assert.deepStrictEqual(yield* found("원두"), ["커피 원두는 0901.21입니다"])
      assert.deepStrictEqual(yield* found("CO"), ["COFFEE beans"])
      assert.deepStrictEqual(yield* found("coffee커피"), [])
      assert.deepStrictEqual(yield* found("두"), ["커피 원두는 0901.21입니다"])
      assert.deepStrictEqual(yield* found("%"), [])
      assert.deepStrictEqual(yield* found("가죽 커피"), [])
    }),
  )

  it.effect("a search is narrowed by days and by the code that its turn was about, and comes in pages", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const sql = yield* PgClient.PgClient
      const hana = UserId.make("hana")
      const session = sessionId()
      yield* record(hana, session, "냉동 새우 관세", "새우 관세는 20%입니다", "0306.17")
      yield* record(hana, session, "냉동 참치 관세", "참치 관세는 10%입니다", "0303.42")
      yield* sql`
        UPDATE chat_messages SET created_at = '2026-03-01 23:59:59.9Z', completed_at = '2026-03-02Z'
        WHERE user_id = ${hana} AND content LIKE '%새우%'`
      const found = (filter: Parameters<typeof reader.search>[1]) =>
        Effect.map(reader.search(hana, filter), ({ messages }) => messages.map(({ content }) => content).toSorted())
      const keyword = "관세"
      assert.deepStrictEqual(yield* found({ ...first, keyword, hscode: HsCode.make("030617") }), [
        "냉동 새우 관세",
        "새우 관세는 20%입니다",
      ])
      const day = "2026-03-01"
      assert.strictEqual((yield* found({ ...first, keyword, startDate: day, endDate: day })).length, 2)
      assert.deepStrictEqual(yield* found({ ...first, keyword, endDate: "2026-02-28" }), [])
      const last = yield* reader.search(hana, { page: 2, size: 3, keyword })
      assert.strictEqual(last.messages.length, 1)
      assert.deepInclude(last.pagination, { totalElements: 4, totalPages: 2, hasNext: false, hasPrevious: true })
      assert.deepStrictEqual((yield* reader.search(hana, { page: 9, size: 3, keyword })).messages, [])
    }),
  )

  it.effect("an analysis that no longer decodes does not hide the conversation", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const sql = yield* PgClient.PgClient
      const [ivan, session] = [UserId.make("ivan"), sessionId()]
      yield* record(ivan, session, "질문", "대답", "8517.13")
      yield* sql`UPDATE chat_messages SET hscode_analysis = '{"of": "nobody"}' WHERE user_id = ${ivan} AND message_type = 'AI'`
      const { messages } = yield* reader.session(ivan, session)
      assert.deepStrictEqual(
        messages.map(({ content, hsCodeAnalysis }) => [content, hsCodeAnalysis]),
        [
          ["질문", null],
          ["대답", null],
        ],
      )
    }),
  )
})
