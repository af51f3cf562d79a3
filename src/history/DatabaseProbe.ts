/** How the database does, seen from here: whether it answers, how soon, and how long a connection has to be waited for. */
import { PgClient } from "@effect/sql-pg"
import { Clock, Duration, Effect, Layer, Metric, Schedule } from "effect"
import { waitAtMost } from "./waitAtMost.ts"

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const up = gauge("database_up", "1 while the database answers, else 0")
const answers = gauge("database_ping_milliseconds", "How long the last empty statement took")
const waits = gauge("database_connection_wait_milliseconds", "How long a connection of the pool was waited for")

const every = "15 seconds"
const patience = Duration.seconds(5)

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const scope = yield* Effect.scope
    const timed = <A, E, R>(work: Effect.Effect<A, E, R>, metric: typeof waits) =>
      Effect.gen(function* () {
        const from = yield* Clock.currentTimeNanos
        const told = Effect.flatMap(Clock.currentTimeNanos, (now) => Metric.update(metric, Number(now - from) / 1e6))
        return yield* Effect.ensuring(work, told)
      })
    const probe = Effect.gen(function* () {
      const connection = yield* timed(sql.reserve, waits)
      yield* timed(connection.executeUnprepared("SELECT 1", [], undefined), answers)
    })
    yield* probe.pipe(
      Effect.scoped,
      waitAtMost(patience, scope),
      Effect.isSuccess,
      Effect.flatMap((answered) => Metric.update(up, answered ? 1 : 0)),
      Effect.repeat(Schedule.spaced(every)),
      Effect.forkScoped,
    )
  }),
)
