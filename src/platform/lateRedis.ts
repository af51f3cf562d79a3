/** A Redis that need not be there at the start: until it is reached, which is tried for as long as it takes, commands fail at once. */
import { NodeRedis } from "@effect/platform-node"
import { Cause, Context, Deferred, Effect, Layer, Option, Redacted } from "effect"
import { Redis } from "effect/persistence"

/** How long the start waits for it. */
const patience = "2 seconds"
const longestPause = 2000

const absent = new Redis.RedisError({ cause: new Cause.NoSuchElementError("Redis was not reached yet") })

export const lateRedis = (url: Redacted.Redacted) =>
  Layer.effect(
    Redis.Redis,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const reached = yield* Deferred.make<Redis.Redis["Service"]>()
      yield* NodeRedis.layer({
        url: Redacted.value(url),
        disableOfflineQueue: true,
        socket: { connectTimeout: 2000, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, longestPause) },
      }).pipe(
        Layer.buildWithScope(scope),
        Effect.map((context) => Context.get(context, Redis.Redis)),
        Effect.orDie,
        Deferred.into(reached),
        Effect.forkScoped,
      )
      yield* Effect.timeoutOrElse(Deferred.await(reached), {
        duration: patience,
        orElse: () => Effect.logWarning("Redis does not answer: this instance shares nothing until it does"),
      })
      const when = <A>(use: (redis: Redis.Redis["Service"]) => Effect.Effect<A, Redis.RedisError>) =>
        Effect.flatMap(
          Deferred.poll(reached),
          Option.match({ onNone: () => Effect.fail(absent), onSome: Effect.flatMap(use) }),
        )
      return Redis.Redis.of({
        send: (command, ...args) => when((there) => there.send(command, ...args)),
        eval:
          (script) =>
          (...params) =>
            when((there) => there.eval(script)(...params)),
        subscribe: (channel) => Effect.flatMap(Deferred.await(reached), (there) => there.subscribe(channel)),
        reserve: Effect.flatMap(Deferred.await(reached), (there) => there.reserve),
      })
    }),
  )
