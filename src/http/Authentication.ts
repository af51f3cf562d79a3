/** Who calls: a member by a valid bearer token, a guest without any. */
import { Context, Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Caller, UserId } from "../domain/Turn.ts"
import { saying, Unauthorized } from "./problems.ts"
import { Tokens } from "./Tokens.ts"

export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()("hs-trade-chat/http/CurrentCaller") {}
export class CurrentMember extends Context.Service<CurrentMember, { readonly userId: UserId }>()(
  "hs-trade-chat/http/CurrentMember",
) {}

const bearer = HttpApiSecurity.bearer

/** Lets guests in; a token that is there must be valid. */
export class GuestOrMember extends HttpApiMiddleware.Service<GuestOrMember, { provides: CurrentCaller }>()(
  "hs-trade-chat/http/GuestOrMember",
  { security: { bearer }, error: Unauthorized },
) {}

export class MemberOnly extends HttpApiMiddleware.Service<MemberOnly, { provides: CurrentMember }>()(
  "hs-trade-chat/http/MemberOnly",
  { security: { bearer }, error: Unauthorized },
) {}

const refused = new Unauthorized(saying("AUTH_003", "A valid bearer token is required."))

const callerWith = (
  tokens: Tokens["Service"],
): Effect.Effect<Caller, Unauthorized, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const header = headers["authorization"]
    if (header === undefined) return { _tag: "Guest" }
    const token = /^Bearer +(\S+)$/i.exec(header.trim())?.[1]
    if (token === undefined) return yield* refused
    const userId = yield* tokens.verify(token).pipe(Effect.mapError(() => refused))
    return { _tag: "Member", userId }
  })

export const authentication = Layer.mergeAll(
  Layer.effect(
    GuestOrMember,
    Effect.map(Tokens, (tokens) =>
      GuestOrMember.of({
        bearer: (app) =>
          Effect.flatMap(callerWith(tokens), (caller) => Effect.provideService(app, CurrentCaller, caller)),
      }),
    ),
  ),
  Layer.effect(
    MemberOnly,
    Effect.map(Tokens, (tokens) =>
      MemberOnly.of({
        bearer: (app) =>
          callerWith(tokens).pipe(
            Effect.filterOrFail(
              (caller) => caller._tag === "Member",
              () => refused,
            ),
            Effect.flatMap(({ userId }) => Effect.provideService(app, CurrentMember, { userId })),
          ),
      }),
    ),
  ),
)
