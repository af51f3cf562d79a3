/**
 * Which turn a client's key stands for, so that a retry joins the turn instead of asking and paying twice; with Redis on
 * every instance. Kept for an hour, as digests.
 */
import { Cache, Duration, Effect, Option, Schema } from "effect"
import { Redis } from "effect/persistence"
import { digestOf } from "../domain/digestOf.ts"
import type { TurnId } from "../domain/Turn.ts"
import { ownerOf } from "./ownerOf.ts"
import type { TurnRequest } from "./TurnContext.ts"

/** The key stands for a question that is not the same. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {}) {}

const keptFor = Duration.hours(1)
/** A key whose turn never began lapses by then. */
const claimedFor = Duration.seconds(15)
const keptAtMost = 100_000
const patience = "200 millis"

export interface Idempotency {
  /** The turn that the request's key stands for: this one from now on, or the one that it stood for already. */
  readonly claim: (request: TurnRequest, turnId: TurnId) => Effect.Effect<TurnId, KeyReused>
  /** Keeps the key of a turn that began. */
  readonly keep: (request: TurnRequest) => Effect.Effect<void>
  /** Lets go of the key of a turn that did not start. */
  readonly release: (request: TurnRequest) => Effect.Effect<void>
}

export const makeIdempotency: Effect.Effect<Idempotency> = Effect.gen(function* () {
  const redis = yield* Effect.serviceOption(Redis.Redis)
  const own = yield* Cache.make<string, { value: string | null }>({
    capacity: keptAtMost,
    timeToLive: keptFor,
    lookup: () => Effect.sync(() => ({ value: null })),
  })
  const inProcess = (key: string, value: string) => Effect.map(Cache.get(own, key), (entry) => (entry.value ??= value))
  /** What this process knows stands when Redis stumbles, and is told to a Redis that does not know it. */
  const everywhere = ({ send }: Redis.Redis["Service"], key: string, value: string) =>
    Effect.flatMap(Cache.get(own, key), (entry) => {
      const mine = entry.value ?? value
      return send<string | null>("SET", key, mine, "NX", "GET", "PX", `${Duration.toMillis(claimedFor)}`).pipe(
        Effect.map((before) => (entry.value = before ?? mine)),
        Effect.timeout(patience),
        Effect.catch(() => inProcess(key, value)),
      )
    })
  const told = (command: string, key: string, ...args: ReadonlyArray<string>) =>
    Option.match(redis, {
      onNone: () => Effect.void,
      onSome: ({ send }) => send(command, key, ...args).pipe(Effect.timeout(patience), Effect.ignore),
    })
  const nameOf = ({ caller, idempotencyKey }: TurnRequest) => `idempotency:${digestOf(ownerOf(caller), idempotencyKey)}`

  return {
    claim: (request, turnId) => {
      if (request.idempotencyKey === null) return Effect.succeed(turnId)
      const asked = digestOf(request.message, request.sessionId, request.language)
      const [key, value] = [nameOf(request), `${turnId} ${asked}`]
      const stood = Option.match(redis, {
        onNone: () => inProcess(key, value),
        onSome: (shared) => everywhere(shared, key, value),
      })
      return Effect.flatMap(stood, (found) => {
        const [id, body] = found.split(" ")
        return body === asked ? Effect.succeed(id as TurnId) : Effect.fail(new KeyReused())
      })
    },
    keep: (request) =>
      request.idempotencyKey === null ? Effect.void : told("PEXPIRE", nameOf(request), `${Duration.toMillis(keptFor)}`),
    release: (request) => {
      if (request.idempotencyKey === null) return Effect.void
      const key = nameOf(request)
      return Effect.andThen(Cache.invalidate(own, key), told("DEL", key))
    },
  }
})
