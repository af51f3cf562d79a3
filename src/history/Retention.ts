/**
 * Forgets what is older than `HISTORY_RETENTION`, in the background and a batch at a time. A batch locks its sessions
 * first and passes over those that a turn or another instance is at, so that nobody waits for it for long.
 */
import { PgClient } from "@effect/sql-pg"
import { Config, DateTime, Duration, Effect, Layer, Option, Schedule, Schema } from "effect"
import { reasonOf } from "./HistoryError.ts"
import { transaction } from "./transaction.ts"

/** A unit that was forgotten must not empty the database: `30` is refused, and so is less than an hour. */
const age = Config.option(
  Config.schema(
    Schema.DurationFromString.check(
      Schema.makeFilter((value) => Duration.toHours(value) >= 1 || "expected an hour or more, for example 365 days"),
    ),
    "HISTORY_RETENTION",
  ),
)

const atOnce = 500

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const kept = yield* age
    if (Option.isNone(kept)) return
    const sql = yield* PgClient.PgClient
    yield* DateTime.now.pipe(
      Effect.map((now) => DateTime.toDateUtc(DateTime.subtractDuration(now, kept.value))),
      Effect.flatMap((before) =>
        Effect.repeat(forget(sql, before), {
          while: (messages) => messages > 0,
          schedule: Schedule.spaced("100 millis"),
        }),
      ),
      Effect.catch((error) => Effect.logWarning("old messages not forgotten", { reason: reasonOf(error) })),
      Effect.repeat(Schedule.spaced("1 hour")),
      Effect.forkScoped,
    )
  }),
)

/** How many messages one batch removed; a session goes with its last message. */
const forget = (sql: PgClient.PgClient, before: Date) =>
  transaction(sql)(
    Effect.gen(function* () {
      const locked = yield* sql`
        SELECT session_uuid FROM chat_sessions WHERE session_uuid IN (
          SELECT session_uuid FROM chat_messages WHERE created_at < ${before} ORDER BY created_at LIMIT ${atOnce})
        FOR UPDATE SKIP LOCKED`.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ids)))
      if (locked.length === 0) return 0
      const sessions = sql.in(
        "session_uuid",
        locked.map(({ session_uuid }) => session_uuid),
      )
      const gone = yield* sql`
        DELETE FROM chat_messages WHERE message_id IN (
          SELECT message_id FROM chat_messages WHERE created_at < ${before} AND ${sessions}
          ORDER BY created_at LIMIT ${atOnce})
        RETURNING 1`
      yield* sql`
        UPDATE chat_sessions s
        SET message_count = (SELECT count(*) FROM chat_messages m WHERE m.session_uuid = s.session_uuid)
        WHERE ${sessions}`
      yield* sql`DELETE FROM chat_sessions WHERE message_count = 0 AND ${sessions}`
      return gone.length
    }),
  )

const Ids = Schema.Array(Schema.Struct({ session_uuid: Schema.String }))
