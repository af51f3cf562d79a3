/** Members' tokens: HS256 JSON Web Tokens whose `sub` is the user id. */
import { Config, Context, Effect, FileSystem, Layer, Option, Path, Redacted, Schema } from "effect"
import { jwtVerify, SignJWT } from "jose"
import { randomBytes } from "node:crypto"
import { UserId } from "../domain/Turn.ts"

export class InvalidToken extends Schema.TaggedError<InvalidToken>()("InvalidToken", {}) {}

const shortestSecret = 32

const Secret = Schema.String.check(
  Schema.makeFilter(
    (value: string) => Buffer.byteLength(value) >= shortestSecret || `expected at least ${shortestSecret} bytes`,
  ),
)

const config = Config.all({
  secret: Config.option(Config.schema(Schema.Redacted(Secret), "JWT_SECRET")),
  issuer: Config.option(Config.NonEmptyString("JWT_ISSUER")),
  audience: Config.option(Config.NonEmptyString("JWT_AUDIENCE")),
  dataDir: Config.NonEmptyString("DATA_DIR").pipe(Config.withDefault(".data")),
})

export class Tokens extends Context.Service<
  Tokens,
  {
    readonly verify: (token: string) => Effect.Effect<UserId, InvalidToken>
    /** A token for development, good for a day. */
    readonly issue: (userId: string) => Effect.Effect<string>
  }
>()("hs-trade-chat/http/Tokens") {
  static readonly layer = Layer.effect(
    Tokens,
    Effect.gen(function* () {
      const { secret, issuer, audience, dataDir } = yield* config
      const key = new TextEncoder().encode(
        Redacted.value(Option.isSome(secret) ? secret.value : yield* secretIn(dataDir)),
      )
      const claims = {
        ...(Option.isSome(issuer) ? { issuer: issuer.value } : {}),
        ...(Option.isSome(audience) ? { audience: audience.value } : {}),
      }
      return Tokens.of({
        verify: (token) =>
          Effect.tryPromise({
            try: () =>
              jwtVerify(token, key, {
                algorithms: ["HS256"],
                requiredClaims: ["sub", "exp"],
                clockTolerance: 5,
                ...claims,
              }),
            catch: () => new InvalidToken(),
          }).pipe(
            Effect.flatMap(({ payload }) => Schema.decodeUnknownEffect(UserId)(payload.sub)),
            Effect.mapError(() => new InvalidToken()),
          ),
        issue: (userId) =>
          Effect.promise(() => {
            const token = new SignJWT()
              .setProtectedHeader({ alg: "HS256" })
              .setSubject(userId)
              .setIssuedAt()
              .setExpirationTime("1 day")
            if (claims.issuer !== undefined) token.setIssuer(claims.issuer)
            if (claims.audience !== undefined) token.setAudience(claims.audience)
            return token.sign(key)
          }),
      })
    }),
  )
}

/** The development secret: made once, readable by its owner only. */
const secretIn = Effect.fnUntraced(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(dataDir, "jwt.secret")
  yield* fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 })
  yield* fs
    .writeFileString(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" })
    .pipe(Effect.ignore)
  return Redacted.make(yield* fs.readFileString(file))
})
