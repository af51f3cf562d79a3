/**
 * What instances share: cached answers, the state of circuits and callers' limits, in Redis when `REDIS_URL` names one,
 * else in this process. Redis that is down, slow or lost costs sharing and nothing else.
 */
import { NodeRedis } from "@effect/platform-node"
import { Config, Effect, Layer, Option, Redacted } from "effect"
import { CircuitBreaker, Persistence, RateLimiter } from "effect/persistence"
import * as LimiterStore from "./LimiterStore.ts"

/** The longest that anything waits for the store. */
const patience = "200 millis"

type Store = Persistence.BackingPersistenceStore

/** The same stores, each behind what `wrap` makes of it. */
const wrapped = (wrap: (store: Store, storeId: string) => Store) =>
  Layer.effect(
    Persistence.BackingPersistence,
    Effect.map(Persistence.BackingPersistence, (backing) =>
      Persistence.BackingPersistence.of({
        make: (storeId) => Effect.map(backing.make(storeId), (store) => wrap(store, storeId)),
      }),
    ),
  )

/** A store that fails or hangs holds nothing: what is asked of it is missing, what is given to it is lost. */
const forgiving = wrapped((store, storeId) => {
  const orElse =
    <B>(instead: B) =>
    <A, E>(use: Effect.Effect<A, E>): Effect.Effect<A | B> =>
      use.pipe(
        Effect.timeout(patience),
        Effect.catch((error) =>
          Effect.as(Effect.logWarning("the shared store is passed over", { storeId, error }), instead),
        ),
      )
  return {
    get: (key) => store.get(key).pipe(orElse(undefined)),
    getMany: (keys) => store.getMany(keys),
    set: (key, value, ttl) => store.set(key, value, ttl).pipe(orElse(undefined)),
    setMany: (entries) => store.setMany(entries).pipe(orElse(undefined)),
    remove: (key) => store.remove(key).pipe(orElse(undefined)),
    clear: store.clear.pipe(orElse(undefined)),
  }
})

/** Entries of one store in this process; the longest untouched go first. */
const entriesKept = 4000

/** The process's own memory, bounded: it would keep every entry until somebody asks for it after its time. */
const bounded = wrapped((store) => {
  const keys = new Set<string>()
  const touch = (key: string) => {
    keys.delete(key)
    keys.add(key)
    const [oldest] = keys
    if (keys.size <= entriesKept || oldest === undefined) return Effect.void
    keys.delete(oldest)
    return store.remove(oldest)
  }
  return { ...store, set: (key, value, ttl) => Effect.andThen(store.set(key, value, ttl), () => touch(key)) }
})

const inProcess = Layer.mergeAll(
  Persistence.layer.pipe(Layer.provide(bounded), Layer.provide(Persistence.layerBackingMemory)),
  CircuitBreaker.layerStoreMemory(),
  RateLimiter.layer.pipe(Layer.provide(LimiterStore.inProcess)),
)

const inRedis = (url: Redacted.Redacted) =>
  Layer.mergeAll(
    Persistence.layer.pipe(Layer.provide(forgiving), Layer.provide(Persistence.layerBackingRedis)),
    CircuitBreaker.layerStoreRedis(),
    RateLimiter.layer.pipe(Layer.provide(LimiterStore.inRedis(patience))),
  ).pipe(
    Layer.provide(
      NodeRedis.layer({ url: Redacted.value(url), disableOfflineQueue: true, socket: { connectTimeout: 2000 } }),
    ),
    Layer.catch((error) =>
      inProcess.pipe(
        Layer.provideMerge(
          Layer.effectDiscard(
            Effect.logWarning("Redis does not answer: this instance shares nothing until it is started again", error),
          ),
        ),
      ),
    ),
  )

export const layer = Layer.unwrap(
  Effect.map(Config.option(Config.Redacted("REDIS_URL")), Option.match({ onNone: () => inProcess, onSome: inRedis })),
)
