import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The first statement locks nothing. The second locks `code_evidence` for a moment, however many rows there are: it reads and rewrites none. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE recent_queries (
      member text NOT NULL,
      query text NOT NULL,
      code text CHECK (code ~ '^[0-9]{2,6}$'),
      asked_at timestamptz NOT NULL,
      PRIMARY KEY (member, query)
    )`
  yield* sql`ALTER TABLE code_evidence ADD COLUMN library text`
})
