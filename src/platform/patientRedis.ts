/**
 * A Redis that nobody waits for: a command that takes too long fails, and so do all that come within the next moment, at
 * once. Otherwise each command of each turn would wait for a server that is frozen. That it fails is logged now and then,
 * not for each command.
 */
import { Cause, Clock, Duration, Effect, Layer } from "effect"
import { Redis } from "effect/persistence"

const rest = Duration.toMillis("1 second")
const toldEvery = Duration.toMillis("10 seconds")

const late = new Redis.RedisError({ cause: new Cause.TimeoutError("Redis does not answer in time") })

/** Over the Redis that is provided. */
export const patientRedis = (patience: Duration.Input) =>
  Layer.effect(
    Redis.Redis,
    Effect.gen(function* () {
      const redis = yield* Redis.Redis
      let restsUntil = 0
      let toldUntil = 0
      const tell = (error: unknown) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          if (now < toldUntil) return Effect.void
          toldUntil = now + toldEvery
          return Effect.logWarning("Redis fails: each instance goes on with what it has", { reason: String(error) })
        })
      const soon = <A, E, R>(command: Effect.Effect<A, E, R>) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          now < restsUntil
            ? Effect.fail(late)
            : Effect.tapError(
                Effect.timeoutOrElse(command, {
                  duration: patience,
                  orElse: () => {
                    restsUntil = now + Duration.toMillis(patience) + rest
                    return Effect.fail(late)
                  },
                }),
                tell,
              ),
        )
      return Redis.Redis.of({
        ...redis,
        send: (command, ...args) => soon(redis.send(command, ...args)),
        eval: (script) => {
          const evaluate = redis.eval(script)
          return (...params) => soon(evaluate(...params))
        },
      })
    }),
  )
