/** Lets one of several instances do a piece of work while the others wait for what comes of it. */
import { Effect, Option } from "effect"
import { Redis } from "effect/persistence"

/** Milliseconds; a lease ends by itself when its holder died. */
const longest = 3000

const patience = "200 millis"

export interface Flights {
  /** Runs `work`; while another instance runs it under the same name, looks for what `landed`. Redis that fails keeps nobody. */
  readonly one: <A, E, R>(
    name: string,
    work: Effect.Effect<A, E, R>,
    landed: Effect.Effect<Option.Option<A>>,
  ) => Effect.Effect<A, E, R>
}

export const makeFlights: Effect.Effect<Flights> = Effect.gen(function* () {
  const redis = yield* Effect.serviceOption(Redis.Redis)
  if (Option.isNone(redis)) return { one: (_, work) => work }
  const { send } = redis.value
  const hold = (name: string) =>
    send<string | null>("SET", name, "", "NX", "PX", `${longest}`).pipe(
      Effect.timeout(patience),
      Effect.match({ onFailure: () => true, onSuccess: (held) => held !== null }),
    )
  const release = (name: string) => send("DEL", name).pipe(Effect.timeout(patience), Effect.ignore)
  return {
    one: <A, E, R>(name: string, work: Effect.Effect<A, E, R>, landed: Effect.Effect<Option.Option<A>>) => {
      const lease = `flight:${name}`
      const go: Effect.Effect<A, E, R> = Effect.flatMap(hold(lease), (held) =>
        held ? Effect.ensuring(work, release(lease)) : Effect.delay(wait, "50 millis"),
      )
      const wait = Effect.flatMap(landed, Option.match({ onNone: () => go, onSome: (found) => Effect.succeed(found) }))
      return go
    },
  }
})
