import { assert, it, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { Context7Analysis, HsCodeAnalysis, SseBookmarkData } from "../../src/domain/Analysis.ts"
import { ParallelTaskMetrics } from "../../src/domain/TaskMetrics.ts"
import { UserId } from "../../src/domain/Turn.ts"
import { reasonOf } from "../../src/history/HistoryError.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { validate } from "../../src/history/ValidChecks.ts"
import { rooms } from "./rooms.ts"
import { record, sessionId } from "./turns.ts"

const folder = new URL("fixtures/", import.meta.url)

/** The columns as each version of the service stored them; a change of their schema adds one here and changes none. */
const versions = readdirSync(folder)
  .toSorted()
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8"))] as const)

const Columns = Schema.Struct({
  hscode_analysis: HsCodeAnalysis,
  context7_analysis: Schema.NullOr(Context7Analysis),
  sse_bookmark_data: SseBookmarkData,
  parallel_task_metrics: ParallelTaskMetrics,
})

it.each(versions)("what version %s stored decodes, and nothing of it is lost", (_, stored) => {
  assert.deepStrictEqual(Schema.encodeSync(Columns)(Schema.decodeUnknownSync(Columns)(stored)), stored)
})

layer(rooms)("the database", (it) => {
  const mia = UserId.make("mia")

  const insert = Effect.fnUntraced(function* (session: string, columns: Record<string, unknown>, type = "AI") {
    const sql = yield* PgClient.PgClient
    const json = (name: string) =>
      columns[name] === undefined || columns[name] === null ? null : sql.json(columns[name])
    return yield* sql`
      INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, hscode_analysis, context7_analysis,
        sse_bookmark_data, parallel_task_metrics)
      VALUES (${session}, ${randomUUID()}, ${type}, 'x', 'completed', ${json("hscode_analysis")}, ${json("context7_analysis")},
        ${json("sse_bookmark_data")}, ${json("parallel_task_metrics")})`
  })

  it.effect("takes what every version stored and gives it back", () =>
    Effect.gen(function* () {
      const reader = yield* HistoryReader
      const session = sessionId()
      yield* record(mia, session, "question", "answer")
      for (const [, stored] of versions) yield* insert(session, stored)
      const { messages } = yield* reader.session(mia, session)
      assert.deepStrictEqual(
        messages.slice(2).map(({ hsCodeAnalysis, sseBookmarkData }) => [hsCodeAnalysis, sseBookmarkData]),
        versions.map(([, stored]) => [stored.hscode_analysis, stored.sse_bookmark_data]),
      )
    }),
  )

  it.effect("refuses what the schemas do not promise", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const session = sessionId()
      yield* record(mia, session, "question", "answer")
      const refused = (write: Effect.Effect<unknown, unknown, PgClient.PgClient>) =>
        Effect.map(Effect.flip(write), reasonOf)
      for (const [check, columns] of [
        ["hscode_analysis_codes", { hscode_analysis: { candidates: [{ code: "8517.13" }, { code: "851713" }] } }],
        ["hscode_analysis_shares", { hscode_analysis: { candidates: [{ confidence: 1.01 }] } }],
        ["hscode_analysis_shares", { hscode_analysis: { intent_detection: { intent_confidence: "0.5" } } }],
        ["context7_analysis_codes", { context7_analysis: { analysis_results: { evidence: [{ codes: ["sock"] }] } } }],
        ["context7_analysis_shares", { context7_analysis: { performance: { success_rate: -0.1 } } }],
        ["bookmark_code", { sse_bookmark_data: { target_value: "85171" } }],
        [
          "bookmark_is_detected",
          { hscode_analysis: { detected_hscode: "8517.13" }, sse_bookmark_data: { target_value: "8517.14" } },
        ],
        ["metrics_durations", { parallel_task_metrics: { task_execution: { task_a: { duration_ms: -1 } } } }],
      ] as const) {
        assert.include(yield* refused(insert(session, columns)), check)
      }
      assert.include(yield* refused(insert(session, { hscode_analysis: {} }, "USER")), "analysis_of_answers")
      assert.include(
        yield* refused(sql`UPDATE chat_messages SET completed_at = created_at - interval '1 ms'`),
        "chat_messages_check",
      )
      assert.include(yield* refused(sql`UPDATE chat_sessions SET message_count = -1`), "session_counts")
    }),
  )

  it.effect("proves the checks for older rows too, and goes on when one of them breaks one", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const unproven = Effect.map(
        sql`SELECT conname FROM pg_constraint WHERE contype = 'c' AND NOT convalidated ORDER BY conname`,
        (rows) => rows.map(({ conname }) => conname),
      )
      assert.strictEqual((yield* unproven).length, 10)
      const session = sessionId()
      yield* record(mia, session, "question", "answer")
      yield* sql`ALTER TABLE chat_messages DROP CONSTRAINT bookmark_code`
      yield* insert(session, { sse_bookmark_data: { target_value: "older" } })
      yield* sql`
        ALTER TABLE chat_messages ADD CONSTRAINT bookmark_code CHECK (sse_bookmark_data->>'target_value' <> 'older') NOT VALID`
      yield* validate
      assert.deepStrictEqual(yield* unproven, ["bookmark_code"])
    }),
  )
})
