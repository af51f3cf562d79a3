/**
 * Where the rate limiter's buckets are: in this process, or in Redis and, for as long as that is down or slow, in this
 * process again.
 */
import { Clock, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"

/** Buckets that this process keeps; the longest untouched go first. */
const bucketsKept = 50_000

interface Bucket {
  readonly tokens: number
  /** When it began to refill the next one. */
  readonly since: number
  readonly fullAt: number
}

type Store = RateLimiter.RateLimiterStore["Service"]

/** The library's own store in memory keeps every bucket for ever; this one forgets those that are full again. */
const bounded = (): Store["tokenBucket"] => {
  const buckets = new Map<string, Bucket>()
  const forget = (now: number) => {
    for (const [key, { fullAt }] of buckets) {
      if (buckets.size <= bucketsKept && fullAt > now) break
      buckets.delete(key)
    }
  }
  return ({ key, tokens, limit, refillRate, allowOverflow }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const every = Duration.toMillis(refillRate)
      const before = buckets.get(key) ?? { tokens: limit, since: now }
      const refills = Math.max(0, Math.floor((now - before.since) / every))
      const there = Math.min(limit, before.tokens + refills)
      const since = there === limit ? now : before.since + refills * every
      const left = there - tokens
      const kept = left >= 0 || allowOverflow ? left : there
      buckets.delete(key)
      buckets.set(key, { tokens: kept, since, fullAt: since + (limit - kept) * every })
      forget(now)
      return [left, Math.max(0, now - since)] as const
    })
}

export const inProcess = Layer.effect(
  RateLimiter.RateLimiterStore,
  Effect.map(RateLimiter.RateLimiterStore, (store) =>
    RateLimiter.RateLimiterStore.of({ ...store, tokenBucket: bounded() }),
  ),
).pipe(Layer.provide(RateLimiter.layerStoreMemory))

/** Buckets in Redis, or those of this process when it takes longer than `patience` or fails. */
export const inRedis = (patience: Duration.Input) =>
  Layer.effect(
    RateLimiter.RateLimiterStore,
    Effect.gen(function* () {
      const shared = yield* RateLimiter.makeStoreRedis({ prefix: "limit:" })
      const own = yield* RateLimiter.RateLimiterStore
      return RateLimiter.RateLimiterStore.of({
        ...own,
        tokenBucket: (options) =>
          shared.tokenBucket(options).pipe(
            Effect.timeout(patience),
            Effect.catch((error) =>
              Effect.andThen(
                Effect.logDebug("the shared limits are passed over", { reason: error._tag }),
                own.tokenBucket(options),
              ),
            ),
          ),
      })
    }),
  ).pipe(Layer.provide(inProcess))
