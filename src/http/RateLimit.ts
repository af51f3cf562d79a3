/**
 * How many turns a caller may start: members each, guests by their network. A bucket of so many turns may be emptied at
 * once and fills again evenly within the window. Answers say how it stands in the fields of the IETF's draft
 * (draft-ietf-httpapi-ratelimit-headers): `q` turns in `w` seconds, `r` of them left, all of them again after `t`.
 */
import { Config, Duration, Effect, Layer, Option } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { RateLimiter } from "effect/persistence"
import { digestOf } from "../domain/digestOf.ts"
import { type Quota, quotaConfig } from "../domain/Quota.ts"
import type { Caller } from "../domain/Turn.ts"
import { goesOn } from "./chatHeaders.ts"
import { CurrentCaller } from "./Authentication.ts"
import { networkOf } from "./ClientAddress.ts"
import { saying, TooManyRequests } from "./problems.ts"

const config = Config.all({
  guest: quotaConfig("RATE_LIMIT_GUEST", "20/1 minute"),
  member: quotaConfig("RATE_LIMIT_MEMBER", "60/1 minute"),
})

const refused = new TooManyRequests(
  saying("RATE_LIMIT_002", "Too many questions in a short time. Please wait a little."),
)

export class TurnLimit extends HttpApiMiddleware.Service<TurnLimit, { requires: CurrentCaller }>()(
  "hs-trade-chat/http/TurnLimit",
  { error: TooManyRequests },
) {
  static readonly layer = Layer.effect(
    TurnLimit,
    Effect.gen(function* () {
      const allowances = yield* config
      const take = takeFrom(yield* RateLimiter.RateLimiter)
      return TurnLimit.of((app) =>
        Effect.gen(function* () {
          const caller = yield* CurrentCaller
          const request = yield* HttpServerRequest.HttpServerRequest
          const policy = caller._tag === "Member" ? "member" : "guest"
          const allowed = allowances[policy]
          if (goesOn(request) || Option.isNone(allowed)) return yield* app
          const standing = yield* take(bucketOf(caller, request), allowed.value)
          yield* HttpEffect.appendPreResponseHandler((_, response) =>
            Effect.succeed(HttpServerResponse.setHeaders(response, headersOf(policy, allowed.value, standing))),
          )
          return yield* standing.granted ? app : refused
        }),
      )
    }),
  )
}

/** A digest, because the store may be shared: it shows neither who asked nor from where. */
const bucketOf = (caller: Caller, request: HttpServerRequest.HttpServerRequest): string =>
  caller._tag === "Member" ? digestOf("member", caller.userId) : digestOf("guest", networkOf(request))

interface Standing {
  readonly granted: boolean
  readonly remaining: number
  /** Until the bucket is full again, or, when it is empty, until it has one turn. */
  readonly wait: Duration.Duration
}

const takeFrom =
  (limiter: RateLimiter.RateLimiter) =>
  (key: string, { limit, window }: Quota): Effect.Effect<Standing> =>
    // "fixed-window" is none in this library: two a minute are free again thirty seconds after the first.
    limiter.consume({ algorithm: "token-bucket", key: `{${key}}`, limit, window }).pipe(
      Effect.map(({ remaining, resetAfter }) => ({ granted: true, remaining, wait: resetAfter })),
      Effect.catchReason("RateLimiterError", "RateLimitExceeded", ({ retryAfter }) =>
        Effect.succeed({ granted: false, remaining: 0, wait: retryAfter }),
      ),
      Effect.orDie,
    )

const seconds = (duration: Duration.Duration): number => Math.max(1, Math.ceil(Duration.toSeconds(duration)))

const headersOf = (policy: string, { limit, window }: Quota, { granted, remaining, wait }: Standing) => ({
  "ratelimit-policy": `"${policy}";q=${limit};w=${seconds(window)}`,
  ratelimit: `"${policy}";r=${remaining};t=${seconds(wait)}`,
  ...(granted ? {} : { "retry-after": `${seconds(wait)}` }),
})
