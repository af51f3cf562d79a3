/**
 * Where members' history is read: on the replica that `DATABASE_READ_URL` names, and on the primary when there is none,
 * when it fails, or when it has not replayed the member's own last write yet.
 *
 * An instance knows of its own writes. Behind a balancer a member's requests should reach the same instance.
 */
import { PgClient } from "@effect/sql-pg"
import { Clock, Config, Context, Duration, Effect, Layer, Option, Ref, Schema } from "effect"
import { isTimeoutError } from "effect/Cause"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { UserId } from "../domain/Turn.ts"
import { pooling } from "../platform/pooling.ts"
import { reasonOf } from "./HistoryError.ts"
import { makeLastWrites } from "./lastWrites.ts"
import { transaction } from "./transaction.ts"
import { waitAtMost } from "./waitAtMost.ts"

type Query<A, E> = (sql: PgClient.PgClient) => Effect.Effect<A, E | SqlError>

export class ReadDatabase extends Context.Service<
  ReadDatabase,
  {
    /**
     * `query` runs a second time, on the primary, when it failed on the replica in whatever way: what is not found there
     * may have been written by another instance.
     */
    readonly read: <A, E>(member: UserId, query: Query<A, E>) => Effect.Effect<A, E | SqlError>
    /** To be called when something of the member's was committed. */
    readonly wrote: (member: UserId) => Effect.Effect<void>
  }
>()("hs-trade-chat/history/ReadDatabase") {
  static readonly layer = Layer.effect(
    ReadDatabase,
    Effect.gen(function* () {
      const primary = yield* PgClient.PgClient
      const { pooling, url } = yield* config
      if (Option.isNone(url)) {
        return ReadDatabase.of({ read: (_, query) => query(primary), wrote: () => Effect.void })
      }
      const client = PgClient.layer({
        url: url.value,
        ...pooling,
        applicationName: "hs-trade-chat",
        connectTimeout: patience,
      })
      return yield* withReplica(primary, Context.get(yield* Layer.build(client), PgClient.PgClient))
    }),
  )
}

const Address = Schema.String.check(
  Schema.makeFilter(
    (url) => /^postgres(ql)?:\/\/./.test(url) || "expected postgres://user:password@host:port/database",
  ),
)

const config = Config.all({
  url: Config.option(Config.schema(Schema.Redacted(Address), "DATABASE_READ_URL")),
  pooling,
})

const patience = Duration.seconds(2)
/** After a failure: nobody waits for a replica that is down. */
const rest = Duration.seconds(5)
const membersRemembered = 10_000

class Behind extends Schema.TaggedError<Behind>()("Behind", {}) {}

const Lsn = Schema.Tuple([Schema.Struct({ lsn: Schema.String })])
const Replayed = Schema.Tuple([Schema.Struct({ replayed: Schema.Boolean })])

const withReplica = Effect.fnUntraced(function* (primary: PgClient.PgClient, replica: PgClient.PgClient) {
  const writes = makeLastWrites(membersRemembered)
  const restsUntil = yield* Ref.make(0)
  const scope = yield* Effect.scope

  const current = primary`SELECT pg_current_wal_lsn()::text AS lsn`.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Lsn)),
    Effect.map(([{ lsn }]) => lsn),
  )
  /** Not in recovery: the primary itself, or a replica that has become it. */
  const requireReplayed = (lsn: string) =>
    replica`SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= ${lsn}::pg_lsn AS replayed`.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Replayed)),
      Effect.flatMap(([{ replayed }]) => (replayed ? Effect.void : new Behind())),
    )

  const onReplica = Effect.fnUntraced(function* <A, E>(member: UserId, query: Query<A, E>) {
    let needed = writes.of(member)
    if (needed === undefined) return yield* query(replica)
    if (needed === null) writes.resolve(member, (needed = yield* current))
    const lsn = needed
    // In one transaction: behind one address there may be several replicas.
    return yield* transaction(replica)(
      Effect.andThen(
        Effect.tap(requireReplayed(lsn), () => Effect.sync(() => writes.reached(member, lsn))),
        query(replica),
      ),
    )
  })
  const leaveAlone = (reason: string) =>
    Effect.gen(function* () {
      yield* Ref.set(restsUntil, (yield* Clock.currentTimeMillis) + Duration.toMillis(rest))
      yield* Effect.logWarning("replica does not serve; reading from the primary", { reason })
    })

  return ReadDatabase.of({
    read: Effect.fn("ReadDatabase.read")(function* (member, query) {
      if ((yield* Clock.currentTimeMillis) < (yield* Ref.get(restsUntil))) return yield* query(primary)
      return yield* onReplica(member, query).pipe(
        waitAtMost(patience, scope),
        Effect.tapError((error) =>
          isSqlError(error) || isTimeoutError(error) ? leaveAlone(reasonOf(error)) : Effect.void,
        ),
        Effect.catch(() => query(primary)),
      )
    }),
    wrote: Effect.fn("ReadDatabase.wrote")(function* (member) {
      writes.set(member, null)
      yield* Effect.ignore(Effect.tap(current, (lsn) => Effect.sync(() => writes.resolve(member, lsn))))
    }),
  })
})
