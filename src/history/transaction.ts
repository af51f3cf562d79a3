/**
 * A transaction whose failures are all errors. What was begun on a connection that is lost cannot be rolled back on it
 * either, and the client makes a defect of that; the database has rolled it back by itself.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

export const transaction =
  (sql: PgClient.PgClient) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.catchDefect(sql.withTransaction(work), (defect) =>
      isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect),
    )
