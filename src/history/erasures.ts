/** Names, under which the database remembers for a while what a member erased; they show nobody's. */
import type { PgClient } from "@effect/sql-pg"
import { digestOf } from "../domain/digestOf.ts"
import type { SessionId, UserId } from "../domain/Turn.ts"

export const everythingOf = (userId: UserId): string => digestOf("erased member", userId)
export const sessionOf = (userId: UserId, sessionId: SessionId): string => digestOf("erased session", userId, sessionId)

/** Longer than anything waits in a journal. */
const remembered = "90 days"

/** A part of the statement that erases: both hold, or neither. */
export const noted = (sql: PgClient.PgClient, what: string) => sql`
  noted AS (
    INSERT INTO erasures (what, erased_at) VALUES (${what}, now())
    ON CONFLICT (what) DO UPDATE SET erased_at = excluded.erased_at
  ), forgotten AS (
    DELETE FROM erasures WHERE erased_at < now() - ${remembered}::interval
  )`
