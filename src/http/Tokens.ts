/**
 * Members' tokens: JSON Web Tokens whose `sub` is the user id. Signed with a secret that the service has (HS256), or by
 * somebody else whose key set has an address (RS256, ES256, EdDSA); never both, so that no key of one kind passes for one
 * of the other.
 */
import { Clock, Config, Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { type CryptoKey, decodeProtectedHeader, type JWSHeaderParameters, jwtVerify, SignJWT } from "jose"
import { UserId } from "../domain/Turn.ts"
import { secretConfig, secretOf } from "../platform/secretOf.ts"
import { KeyServer } from "./KeyServer.ts"
import { type KeysUnavailable, makeKeySet } from "./KeySet.ts"

export class InvalidToken extends Schema.TaggedError<InvalidToken>()("InvalidToken", {}) {}

/** This service has no key to sign with. */
export class IssuedElsewhere extends Schema.TaggedError<IssuedElsewhere>()("IssuedElsewhere", {}) {
  override get message() {
    return "JWT_JWKS_URL is set: tokens come from whoever holds its keys"
  }
}

/** Seconds by which clocks may differ. */
const leeway = 5
/** Seconds that a token for development is good for. */
const developmentLife = 24 * 60 * 60

const NotBoth = Schema.String.check(
  Schema.makeFilter(() => "JWT_SECRET is set as well, and only one of the two can be"),
)

const keyServer = Config.flatMap(secretConfig("JWT_SECRET"), (secret) =>
  Config.option(Config.schema(Option.isSome(secret) ? NotBoth : KeyServer, "JWT_JWKS_URL")),
)

const config = Config.all({
  keyServer,
  issuer: Config.option(Config.NonEmptyString("JWT_ISSUER")),
  audience: Config.option(Config.NonEmptyString("JWT_AUDIENCE")),
})

/** What signatures are checked with, and which are looked at. */
interface Keys {
  readonly algorithms: ReadonlyArray<string>
  readonly find: (header: JWSHeaderParameters) => Effect.Effect<CryptoKey | Uint8Array, InvalidToken | KeysUnavailable>
}

export class Tokens extends Context.Service<
  Tokens,
  {
    readonly verify: (token: string) => Effect.Effect<UserId, InvalidToken | KeysUnavailable>
    /** A token for development, good for a day. */
    readonly issue: (userId: string) => Effect.Effect<string, IssuedElsewhere>
  }
>()("hs-trade-chat/http/Tokens") {
  static readonly layer = Layer.effect(
    Tokens,
    Effect.suspend(() => make),
  ).pipe(Layer.provide(FetchHttpClient.layer))
}

const make = Effect.gen(function* () {
  const { keyServer, issuer, audience } = yield* config
  const claims = {
    ...(Option.isSome(issuer) ? { issuer: issuer.value } : {}),
    ...(Option.isSome(audience) ? { audience: audience.value } : {}),
  }
  if (Option.isSome(keyServer)) {
    return Tokens.of({
      verify: verifyWith(yield* keysAt(keyServer.value), claims),
      issue: () => Effect.fail(new IssuedElsewhere()),
    })
  }
  const secret = yield* secretOf("JWT_SECRET")
  const key = new TextEncoder().encode(Redacted.value(secret))
  return Tokens.of({
    verify: verifyWith({ algorithms: ["HS256"], find: () => Effect.succeed(key) }, claims),
    issue: issueWith(key, claims),
  })
})

const keysAt = Effect.fnUntraced(function* (address: string) {
  const { find } = yield* makeKeySet(address)
  return {
    algorithms: ["RS256", "ES256", "EdDSA"],
    find: (header) => Effect.catchTag(find(header), "KeyUnknown", () => Effect.fail(new InvalidToken())),
  } satisfies Keys
})

interface Claims {
  readonly issuer?: string
  readonly audience?: string
}

const verifyWith = (keys: Keys, claims: Claims) =>
  Effect.fn("Tokens.verify")(function* (token: string) {
    const invalid = () => new InvalidToken()
    const header = yield* Effect.try({ try: () => decodeProtectedHeader(token), catch: invalid })
    if (!keys.algorithms.includes(header.alg ?? "none")) return yield* invalid()
    const key = yield* keys.find(header)
    const now = yield* Clock.currentTimeMillis
    const { payload } = yield* Effect.tryPromise({
      try: () =>
        jwtVerify(token, key, {
          algorithms: [...keys.algorithms],
          requiredClaims: ["sub", "exp"],
          clockTolerance: leeway,
          currentDate: new Date(now),
          ...claims,
        }),
      catch: invalid,
    })
    return yield* Schema.decodeUnknownEffect(UserId)(payload.sub).pipe(Effect.mapError(invalid))
  })

const issueWith = (key: Uint8Array, { issuer, audience }: Claims) =>
  Effect.fnUntraced(function* (userId: string) {
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const token = new SignJWT()
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(userId)
      .setIssuedAt(now)
      .setExpirationTime(now + developmentLife)
    if (issuer !== undefined) token.setIssuer(issuer)
    if (audience !== undefined) token.setAudience(audience)
    return yield* Effect.promise(() => token.sign(key))
  })
