import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const code = '"^([0-9]{2}|[0-9]{4}([.][0-9]{2}([.][0-9]{2,4})?)?)$"'
const isCode = `(@.type() == "null" || (@.type() == "string" && @ like_regex ${code}))`
const isShare = '(@.type() == "number" && @ >= 0 && @ <= 1)'
const isCount = '(@.type() == "number" && @ >= 0)'

/** Holds unless a value at one of the paths is there and is something else. */
const all = (column: string, paths: ReadonlyArray<string>, holds: string): string =>
  paths.map((path) => `NOT jsonb_path_exists(${column}, '$.${path} ? (!${holds})')`).join(" AND ")

const checks = {
  chat_messages: {
    hscode_analysis_codes: all("hscode_analysis", ["candidates[*].code", "question.options[*].codes[*]"], isCode),
    hscode_analysis_shares: all(
      "hscode_analysis",
      ["classification_confidence", "candidates[*].confidence", "intent_detection.intent_confidence"],
      isShare,
    ),
    context7_analysis_codes: all(
      "context7_analysis",
      ["analysis_results.hscode_patterns_found[*]", "analysis_results.evidence[*].codes[*]"],
      isCode,
    ),
    context7_analysis_shares: all(
      "context7_analysis",
      ["analysis_results.context7_confidence", "analysis_results.documentation_relevance", "performance.success_rate"],
      isShare,
    ),
    bookmark_code: all("sse_bookmark_data", ["target_value"], isCode),
    bookmark_is_detected: `sse_bookmark_data IS NULL OR hscode_analysis IS NULL
      OR sse_bookmark_data->>'target_value' IS NOT DISTINCT FROM hscode_analysis->>'detected_hscode'`,
    metrics_durations: all(
      "parallel_task_metrics",
      ["task_execution.*.duration_ms", "performance_analysis.total_wall_clock_time"],
      isCount,
    ),
    analysis_of_answers: `message_type = 'AI' OR num_nonnulls(
      hscode_analysis, context7_analysis, sse_bookmark_data, detail_page_processing_time, parallel_task_metrics) = 0`,
  },
  chat_sessions: {
    session_counts: "message_count >= 0",
    session_times: "updated_at >= created_at",
  },
}

/**
 * What the Schemas promise, held by the database for every row that is written from now on; `completed_at >= created_at` is
 * there from the beginning. NOT VALID: locks each table for a moment, however many rows there are, and reads none. Rows that are there already are
 * looked through after the start (`src/history/ValidChecks.ts`), in a transaction of its own, which stops neither
 * readers nor writers: within this one the lock would be held all the while.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const [table, constraints] of Object.entries(checks)) {
    for (const [name, condition] of Object.entries(constraints)) {
      yield* sql.unsafe(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition}) NOT VALID`)
    }
  }
})
