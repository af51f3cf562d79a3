/**
 * What instances share: cached answers, the state of circuits and callers' limits, in Redis when `REDIS_URL` names one,
 * else in this process. Redis that is down, slow or lost costs sharing and nothing else.
 */
import { Config, Context, Effect, Layer, Option, type Redacted } from "effect"
import { CircuitBreaker, Persistence, RateLimiter } from "effect/persistence"
import { lateRedis } from "./lateRedis.ts"
import { patientRedis } from "./patientRedis.ts"
import * as LimiterStore from "./LimiterStore.ts"

/** The longest that anything waits for the store. */
const patience = "200 millis"

type Store = Persistence.BackingPersistenceStore

/** Characters of JSON that one store keeps in this process, and entries; the longest untouched go first. */
const charactersKept = 16_000_000
const entriesKept = 20_000

/** The process's own memory, bounded: it would keep every entry until somebody asks for it after its time. */
const bounded = (store: Store): Store => {
  const sizes = new Map<string, number>()
  let total = 0
  const forget = (key: string) => {
    total -= sizes.get(key) ?? 0
    sizes.delete(key)
  }
  const touch = (key: string, size: number) => {
    forget(key)
    sizes.set(key, size)
    total += size
  }
  const makeRoom = Effect.suspend(() => {
    const gone: Array<string> = []
    for (const key of sizes.keys()) {
      if (total <= charactersKept && sizes.size <= entriesKept) break
      gone.push(key)
      forget(key)
    }
    return Effect.forEach(gone, (key) => store.remove(key), { discard: true })
  })
  return {
    ...store,
    get: (key) =>
      Effect.tap(store.get(key), (value) => {
        const size = sizes.get(key)
        return Effect.sync(() => (value === undefined || size === undefined ? forget(key) : touch(key, size)))
      }),
    set: (key, value, ttl) =>
      Effect.suspend(() => {
        touch(key, JSON.stringify(value).length)
        return Effect.andThen(store.set(key, value, ttl), makeRoom)
      }),
    remove: (key) => Effect.suspend(() => (forget(key), store.remove(key))),
    clear: Effect.suspend(() => {
      sizes.clear()
      total = 0
      return store.clear
    }),
  }
}

const inMemory = Layer.effect(
  Persistence.BackingPersistence,
  Effect.map(Persistence.BackingPersistence, (backing) =>
    Persistence.BackingPersistence.of({ make: (storeId) => Effect.map(backing.make(storeId), bounded) }),
  ),
).pipe(Layer.provide(Persistence.layerBackingMemory))

/** Stores of Redis that fail or hang are passed over: what is asked of them and given to them stays in this process. */
const forgiving = Layer.effect(
  Persistence.BackingPersistence,
  Effect.gen(function* () {
    const backing = yield* Persistence.BackingPersistence
    const memory = Context.get(yield* Layer.build(inMemory), Persistence.BackingPersistence)
    return Persistence.BackingPersistence.of({
      make: Effect.fnUntraced(function* (storeId) {
        const [store, own] = [yield* backing.make(storeId), yield* memory.make(storeId)]
        const orElse =
          <B, F>(instead: Effect.Effect<B, F>) =>
          <A, E>(use: Effect.Effect<A, E>): Effect.Effect<A | B, F> =>
            use.pipe(
              Effect.timeout(patience),
              Effect.catch((error) =>
                Effect.andThen(Effect.logDebug("the shared store is passed over", { storeId, error }), instead),
              ),
            )
        return {
          get: (key) => store.get(key).pipe(orElse(own.get(key))),
          getMany: (keys) => store.getMany(keys).pipe(orElse(own.getMany(keys))),
          set: (key, value, ttl) => store.set(key, value, ttl).pipe(orElse(own.set(key, value, ttl))),
          setMany: (entries) => store.setMany(entries).pipe(orElse(own.setMany(entries))),
          remove: (key) => Effect.andThen(own.remove(key), store.remove(key).pipe(orElse(Effect.void))),
          clear: Effect.andThen(own.clear, store.clear.pipe(orElse(Effect.void))),
        }
      }),
    })
  }),
)

const inProcess = Layer.mergeAll(
  Persistence.layer.pipe(Layer.provide(inMemory)),
  CircuitBreaker.layerStoreMemory(),
  RateLimiter.layer.pipe(Layer.provide(LimiterStore.inProcess)),
)

const inRedis = (url: Redacted.Redacted) =>
  Layer.mergeAll(
    Persistence.layer.pipe(Layer.provide(forgiving), Layer.provide(Persistence.layerBackingRedis)),
    CircuitBreaker.layerStoreRedis(),
    RateLimiter.layer.pipe(Layer.provide(LimiterStore.inRedis(patience))),
  ).pipe(Layer.provideMerge(patientRedis(patience)), Layer.provide(lateRedis(url)))

export const layer = Layer.unwrap(
  Effect.map(Config.option(Config.Redacted("REDIS_URL")), Option.match({ onNone: () => inProcess, onSome: inRedis })),
)
