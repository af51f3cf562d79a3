import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Locks nothing: the table is new. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE code_evidence (
      code text NOT NULL CHECK (code ~ '^[0-9]{2,6}$'),
      source text NOT NULL,
      title text NOT NULL,
      snippet text NOT NULL,
      codes text[] NOT NULL,
      found_at timestamptz NOT NULL,
      PRIMARY KEY (code, source, title)
    )`
  yield* sql`CREATE INDEX code_evidence_by_age ON code_evidence (code, found_at DESC)`
})
