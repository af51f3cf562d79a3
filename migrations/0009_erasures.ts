import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * What members erased and when, under digests: what still waits in some instance's journal from before does not come back.
 *
 * Locks nothing: the table is new.
 */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE erasures (what text PRIMARY KEY, erased_at timestamptz NOT NULL)`
})
