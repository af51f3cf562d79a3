/**
 * The public keys of whoever issues the tokens: a JSON Web Key Set (RFC 7517) behind an address. A key that is known is
 * found without waiting; only a token whose key is not known waits for the server, for three seconds at most, and never
 * starts a second fetch. When the server fails, the last set serves for a day.
 */
import { Clock, Duration, Effect, Fiber, FiberHandle, Option, Ref, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"
import { createLocalJWKSet, type CryptoKey, errors, type JWSHeaderParameters, type LocalJWKSet } from "jose"

/** The set that the server has now does not have the key. */
class KeyUnknown extends Schema.TaggedError<KeyUnknown>()("KeyUnknown", {}) {}

/** The key is not known and the server does not answer: the token may be good. */
export class KeysUnavailable extends Schema.TaggedError<KeysUnavailable>()("KeysUnavailable", {}) {}

const patience = "3 seconds"
/** From one fetch to the next that a token may cause, and while there is no set at all. */
const cooldown = { known: Duration.toMillis("30 seconds"), unknown: Duration.toMillis("5 seconds") }
const pause = { afterSuccess: "10 minutes", afterFailure: "1 minute" } as const
const lastResort = Duration.toMillis("1 day")

interface State {
  readonly set: { readonly find: LocalJWKSet; readonly at: number } | null
  /** When the last fetch began. */
  readonly tried: number
  readonly answered: boolean
}

export interface KeySet {
  /** The one key that a token's header means. */
  readonly find: (header: JWSHeaderParameters) => Effect.Effect<CryptoKey, KeyUnknown | KeysUnavailable>
}

/** A set that is kept fresh for as long as its scope is open. */
export const makeKeySet = Effect.fnUntraced(function* (address: string) {
  const http = yield* HttpClient.HttpClient
  const state = yield* Ref.make<State>({ set: null, tried: Number.NEGATIVE_INFINITY, answered: false })
  const flights = yield* FiberHandle.make<void>()

  const fetch = Effect.gen(function* () {
    const tried = yield* Clock.currentTimeMillis
    yield* Ref.update(state, (before) => ({ ...before, tried }))
    const find = yield* download(http, address)
    const at = yield* Clock.currentTimeMillis
    yield* Ref.update(state, (before) => ({ ...before, set: { find, at }, answered: true }))
  }).pipe(
    Effect.catch((error) =>
      Effect.andThen(
        Effect.logWarning("the key set cannot be fetched", { address, reason: error.message }),
        Ref.update(state, (before) => ({ ...before, answered: false })),
      ),
    ),
  )
  const landed = Effect.flatMap(
    FiberHandle.get(flights),
    Option.match({ onNone: () => Effect.void, onSome: (flight) => Fiber.await(flight) }),
  )
  const refresh = Effect.andThen(FiberHandle.run(flights, fetch, { onlyIfMissing: true }), landed)

  const current = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const { set, tried, answered } = yield* Ref.get(state)
    const usable = set !== null && now - set.at < lastResort ? set.find : null
    return { find: usable, due: now - tried >= (usable ? cooldown.known : cooldown.unknown), answered }
  })

  yield* Effect.gen(function* () {
    yield* refresh
    const { answered } = yield* Ref.get(state)
    yield* Effect.sleep(answered ? pause.afterSuccess : pause.afterFailure)
  }).pipe(Effect.forever, Effect.forkScoped)

  return {
    find: (header) =>
      Effect.gen(function* () {
        const before = yield* current
        const known = yield* pick(before.find, header)
        if (known) return known
        yield* before.due ? refresh : landed
        const after = yield* current
        const found = yield* pick(after.find, header)
        if (found) return found
        return yield* after.answered ? new KeyUnknown() : new KeysUnavailable()
      }),
  } satisfies KeySet
})

const decodeKeys = Schema.decodeUnknownSync(
  Schema.Struct({ keys: Schema.mutable(Schema.Array(Schema.Record(Schema.String, Schema.Unknown))) }),
)

const download = (http: HttpClient.HttpClient, address: string) =>
  http.get(address, { headers: { accept: "application/jwk-set+json, application/json" } }).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.flatMap((response) => response.json),
    Effect.flatMap((json) =>
      Effect.try({ try: () => createLocalJWKSet(decodeKeys(json)), catch: () => new Error("this is no key set") }),
    ),
    Effect.timeout(patience),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "error" }),
  )

/** Null when the set does not have the key; fails when it has several of them, or one that nobody can use. */
const pick = (find: LocalJWKSet | null, header: JWSHeaderParameters) =>
  find === null
    ? Effect.succeed(null)
    : Effect.tryPromise({ try: () => find(header), catch: (error) => error }).pipe(
        Effect.catch((error) =>
          error instanceof errors.JWKSNoMatchingKey ? Effect.succeed(null) : Effect.fail(new KeyUnknown()),
        ),
      )
