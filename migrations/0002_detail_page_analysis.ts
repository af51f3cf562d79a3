import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Adds the analysis to messages that are there already; they keep NULL. The columns are added without a table rewrite.
 * Locks `chat_messages` against everybody while the checks and the index read it (1,000,000 messages: a second).
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    ALTER TABLE chat_messages
      ADD COLUMN hscode_analysis jsonb,
      ADD COLUMN context7_analysis jsonb,
      ADD COLUMN sse_bookmark_data jsonb,
      ADD COLUMN detail_page_processing_time int CHECK (detail_page_processing_time >= 0),
      ADD COLUMN parallel_task_metrics jsonb,
      ADD CONSTRAINT hscode_analysis_code CHECK (
        hscode_analysis->>'detected_hscode' ~ '^[0-9]{2}$|^[0-9]{4}([.][0-9]{2}([.][0-9]{2,4})?)?$'
      ),
      ADD CONSTRAINT hscode_analysis_confidence CHECK (
        (hscode_analysis->>'classification_confidence')::numeric BETWEEN 0 AND 1
      ),
      ADD CONSTRAINT bookmark_confidence CHECK ((sse_bookmark_data->>'confidence')::numeric BETWEEN 0 AND 1)`
  yield* sql`
    CREATE INDEX chat_messages_by_hscode ON chat_messages ((hscode_analysis->>'detected_hscode'))
    WHERE hscode_analysis->>'detected_hscode' IS NOT NULL`
})
