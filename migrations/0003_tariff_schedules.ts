import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Locks nothing: both tables are new. */
export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE tariff_schedules (
      schedule_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      layout text NOT NULL,
      country text NOT NULL,
      source text NOT NULL,
      file_name text NOT NULL,
      digest text NOT NULL,
      valid_from date NOT NULL,
      imported_at timestamptz NOT NULL DEFAULT now(),
      line_count int NOT NULL DEFAULT 0,
      unparsed_rates int NOT NULL DEFAULT 0,
      UNIQUE (layout, valid_from)
    )`
  yield* sql`
    CREATE TABLE tariff_lines (
      schedule_id bigint NOT NULL REFERENCES tariff_schedules ON DELETE CASCADE,
      position int NOT NULL,
      parent int,
      code text CHECK (code ~ '^[0-9]{2,10}$'),
      source_row int NOT NULL,
      name_ko text,
      name_en text,
      units text[] NOT NULL,
      rates jsonb,
      valid_from date,
      valid_to date,
      PRIMARY KEY (schedule_id, position),
      CHECK (valid_to >= valid_from),
      CHECK (name_ko IS NOT NULL OR name_en IS NOT NULL)
    )`
  yield* sql`
    CREATE UNIQUE INDEX tariff_lines_once ON tariff_lines (schedule_id, code, coalesce(valid_from, '-infinity'))
    WHERE code IS NOT NULL`
  yield* sql`CREATE INDEX tariff_lines_by_code ON tariff_lines (code text_pattern_ops, schedule_id)`
})
