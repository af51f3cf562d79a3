/** What only the operator may see or do: whoever knows `OPERATOR_TOKEN`. Without one there is nothing at these addresses. */
import { Config, Effect, Layer, Option, Redacted, Schema } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { createHash, timingSafeEqual } from "node:crypto"
import { bearerOf, invalidToken } from "./bearer.ts"
import { NotFound, nothingHere, Unauthorized } from "./problems.ts"

const OperatorToken = Schema.String.check(
  Schema.makeFilter((value: string) => /^[!-~]{16,}$/.test(value) || "expected at least 16 letters, digits or signs"),
)

const config = Config.option(Config.schema(Schema.Redacted(OperatorToken), "OPERATOR_TOKEN"))

/** Digests are of one length, whatever was sent. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

export class OperatorOnly extends HttpApiMiddleware.Service<OperatorOnly>()("hs-trade-chat/http/OperatorOnly", {
  security: { operator: HttpApiSecurity.bearer },
  error: [Unauthorized, NotFound],
}) {
  static readonly layer = Layer.effect(
    OperatorOnly,
    Effect.gen(function* () {
      const wanted = Option.map(yield* config, (token) => digest(Redacted.value(token)))
      if (Option.isNone(wanted)) return OperatorOnly.of({ operator: () => Effect.fail(nothingHere) })
      return OperatorOnly.of({
        operator: (app) =>
          Effect.gen(function* () {
            const token = yield* bearerOf(yield* HttpServerRequest.HttpServerRequest)
            if (token === null || !timingSafeEqual(digest(token), wanted.value)) return yield* invalidToken
            return yield* app
          }),
      })
    }),
  )
}
