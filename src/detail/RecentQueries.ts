/**
 * What a member asked for lately: the products, not the messages. Filed under a keyed hash of the member, so that nobody
 * finds another's by a name or a shared product; guests leave nothing. Twenty a member, thirty days.
 */
import { PgClient } from "@effect/sql-pg"
import { Context, DateTime, Duration, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import { createHmac } from "node:crypto"
import { dotted, HsCode } from "../domain/HsCode.ts"
import type { Recognition } from "../domain/Recognition.ts"
import type { RecentQuery } from "../domain/Search.ts"
import type { UserId } from "../domain/Turn.ts"

const most = 20
const longest = Duration.days(30)

export class QueriesUnavailable extends Schema.TaggedError<QueriesUnavailable>()("QueriesUnavailable", {}) {}

export class RecentQueries extends Context.Service<
  RecentQueries,
  {
    /** What a turn of the member was about; a failure is logged and costs the entry. */
    readonly note: (member: UserId, recognition: Recognition, code: HsCode | null) => Effect.Effect<void>
    /** Newest first. */
    readonly of: (member: UserId) => Effect.Effect<ReadonlyArray<RecentQuery>, QueriesUnavailable>
    readonly erase: (member: UserId) => Effect.Effect<void, QueriesUnavailable>
  }
>()("hs-trade-chat/detail/RecentQueries") {
  /** `secret` keys the hash; instances that share a database share it. */
  static readonly layerOf = (secret: Redacted.Redacted) =>
    Layer.effect(
      RecentQueries,
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const filed = (member: UserId) =>
          createHmac("sha256", Redacted.value(secret)).update(member).digest("base64url")
        const oldest = Effect.map(DateTime.now, (now) => DateTime.toDateUtc(DateTime.subtractDuration(now, longest)))
        const read = SqlSchema.findAll({
          Request: Schema.Struct({ member: Schema.String, since: Schema.Date }),
          Result: Schema.Struct({ query: Schema.String, code: Schema.NullOr(HsCode), asked_at: Schema.Date }),
          execute: ({ member, since }) => sql`
            SELECT query, code, asked_at FROM recent_queries
            WHERE member = ${member} AND asked_at > ${since} ORDER BY asked_at DESC LIMIT ${most}`,
        })
        yield* Effect.flatMap(oldest, (since) => sql`DELETE FROM recent_queries WHERE asked_at <= ${since}`).pipe(
          Effect.catch((error) => Effect.logWarning("old recent queries not removed", error.message)),
          Effect.repeat(Schedule.spaced("1 day")),
          Effect.forkScoped,
        )
        return RecentQueries.of({
          note: Effect.fn("RecentQueries.note")(function* (userId, { productName, written }, code) {
            const query = productName ?? written.map(({ written }) => written).join(" ")
            if (query === "") return
            const member = filed(userId)
            const asked_at = DateTime.toDateUtc(yield* DateTime.now)
            const since = yield* oldest
            yield* sql`
              WITH others AS (
                SELECT query, asked_at, row_number() OVER (ORDER BY asked_at DESC) AS place
                FROM recent_queries WHERE member = ${member} AND query <> ${query}
              ), gone AS (
                DELETE FROM recent_queries USING others
                WHERE member = ${member} AND recent_queries.query = others.query
                  AND (others.asked_at <= ${since} OR others.place >= ${most})
              )
              INSERT INTO recent_queries ${sql.insert({ member, query, code, asked_at })}
              ON CONFLICT (member, query) DO UPDATE SET code = excluded.code, asked_at = excluded.asked_at`.pipe(
              Effect.catch((error) => Effect.logWarning("recent query not kept", error.message)),
            )
          }),
          of: Effect.fn("RecentQueries.of")(function* (userId) {
            const rows = yield* read({ member: filed(userId), since: yield* oldest }).pipe(
              Effect.tapError((error) => Effect.logWarning("recent queries not read", error.message)),
              Effect.mapError(() => new QueriesUnavailable()),
            )
            return rows.map(({ asked_at, code, query }) => ({
              query,
              hscode: code && dotted(code),
              askedAt: asked_at.toISOString(),
            }))
          }),
          erase: Effect.fn("RecentQueries.erase")(function* (userId) {
            yield* sql`DELETE FROM recent_queries WHERE member = ${filed(userId)}`.pipe(
              Effect.mapError(() => new QueriesUnavailable()),
            )
          }),
        })
      }),
    )
}
