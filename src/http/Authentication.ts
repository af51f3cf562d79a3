/** Who calls: a member by a valid bearer token, a guest without any. */
import { Context, Effect, Layer } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Caller, UserId } from "../domain/Turn.ts"
import { bearerOf, invalidToken } from "./bearer.ts"
import { saying, Unauthorized, Unavailable } from "./problems.ts"
import { Tokens } from "./Tokens.ts"

export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()("hs-trade-chat/http/CurrentCaller") {}
export class CurrentMember extends Context.Service<CurrentMember, { readonly userId: UserId }>()(
  "hs-trade-chat/http/CurrentMember",
) {}

const bearer = HttpApiSecurity.bearer

/** Lets guests in; a token that is there must be valid. */
export class GuestOrMember extends HttpApiMiddleware.Service<GuestOrMember, { provides: CurrentCaller }>()(
  "hs-trade-chat/http/GuestOrMember",
  { security: { bearer }, error: [Unauthorized, Unavailable] },
) {}

export class MemberOnly extends HttpApiMiddleware.Service<MemberOnly, { provides: CurrentMember }>()(
  "hs-trade-chat/http/MemberOnly",
  { security: { bearer }, error: [Unauthorized, Unavailable] },
) {}

const unverifiable = new Unavailable(saying("HTTP_503", "Tokens cannot be checked at the moment. Please try again."))

const callerWith = (tokens: Tokens["Service"]) =>
  Effect.gen(function* () {
    const token = yield* bearerOf(yield* HttpServerRequest.HttpServerRequest)
    if (token === null) return { _tag: "Guest" } satisfies Caller
    const userId = yield* tokens.verify(token).pipe(
      Effect.catchTags({
        InvalidToken: () => Effect.fail(invalidToken),
        KeysUnavailable: () => Effect.fail(unverifiable),
      }),
    )
    return { _tag: "Member", userId } satisfies Caller
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
          Effect.gen(function* () {
            const caller = yield* callerWith(tokens)
            if (caller._tag === "Guest") return yield* invalidToken
            return yield* Effect.provideService(app, CurrentMember, { userId: caller.userId })
          }),
      }),
    ),
  ),
)
