/**
 * Looks through the rows that were there before a CHECK was, once, after the start. Reads and writes go on meanwhile;
 * rows that break it are reported, not changed, and keep nobody from starting.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Schema } from "effect"
import { reasonOf } from "./HistoryError.ts"

const Unproven = Schema.Array(Schema.Struct({ table: Schema.String, check: Schema.String }))

export const validate = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const unproven = yield* sql`
    SELECT r.relname AS table, c.conname AS check FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.conrelid IN ('chat_messages'::regclass, 'chat_sessions'::regclass) AND c.contype = 'c' AND NOT c.convalidated
    ORDER BY c.conname`.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Unproven)))
  yield* Effect.forEach(unproven, ({ check, table }) =>
    sql`ALTER TABLE ${sql(table)} VALIDATE CONSTRAINT ${sql(check)}`.pipe(
      Effect.catch((error) =>
        Effect.logWarning("stored rows break a check", { table, check, reason: reasonOf(error) }),
      ),
    ),
  )
}).pipe(Effect.catch((error) => Effect.logWarning("checks not validated", { reason: reasonOf(error) })))

export const layer = Layer.effectDiscard(Effect.forkScoped(validate))
