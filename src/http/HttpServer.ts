/** Serves the API, its OpenAPI document and its documentation page. */
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Config, Effect, Layer, Schema } from "effect"
import {
  HttpEffect,
  HttpIncomingMessage,
  HttpMiddleware,
  HttpRouter,
  HttpServerResponse,
  ProblemDetails,
  UrlParams,
} from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { Api } from "./Api.ts"
import { challenge, refuseTokensInQuery } from "./bearer.ts"
import { trustedProxies } from "./ClientAddress.ts"
import { cors } from "./Cors.ts"
import { eventDocuments } from "./EventDocuments.ts"
import { handlers } from "./handlers.ts"
import { forStatus } from "./problems.ts"
import { limitedServer } from "./limitedServer.ts"
import { faults } from "./faults.ts"
import { safeguards } from "./safeguards.ts"
import { pathOf } from "./target.ts"

const largestBody = ByteSize.kibibytes(64)

/** Gives every refusal that has no body of ours one, 503 a time to come back and 401 what would be accepted. */
const problems = HttpRouter.middleware(
  HttpEffect.withPreResponseHandler((request, response) => {
    if (response.status < 400) return Effect.succeed(response)
    const whole =
      response.headers["content-type"] === ProblemDetails.contentType
        ? response
        : HttpServerResponse.jsonUnsafe(forStatus(response.status), {
            status: response.status,
            contentType: ProblemDetails.contentType,
          })
    if (response.status === 503) return Effect.succeed(HttpServerResponse.setHeader(whole, "retry-after", "5"))
    if (response.status === 401)
      return Effect.succeed(HttpServerResponse.setHeader(whole, "www-authenticate", challenge(request)))
    return Effect.succeed(whole)
  }),
  { global: true },
)

/** The last one is the outermost: what it does to an answer is done first. */
const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(Layer.provide(handlers)),
  HttpApiScalar.layer(Api, { path: "/docs" }),
  eventDocuments,
).pipe(
  Layer.provide(faults),
  Layer.provide(safeguards),
  Layer.provide(refuseTokensInQuery),
  Layer.provide(trustedProxies),
  Layer.provide(cors),
  Layer.provide(problems),
)

const limits = Layer.succeed(HttpIncomingMessage.MaxBodySize, largestBody)

/** Spans show where a request went, not what it asked: a query or a header may hold a product, or a token in the wrong place. */
const spans = Layer.mergeAll(
  Layer.succeed(HttpMiddleware.SpanNameGenerator, (request) => `${request.method} ${pathOf(request.url)}`),
  Layer.succeed(UrlParams.CurrentRedactedNames, [/^/]),
  Layer.succeed(HttpMiddleware.TracerHeaderFilter, () => false),
)

export const listenConfig = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(
    Schema.NumberFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65535 })),
    "PORT",
  ).pipe(Config.withDefault(8080)),
})

/** The API on whatever HTTP server is provided. */
export const api = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
  Layer.provide([limits, spans]),
)

export const server = api.pipe(Layer.provideMerge(NodeHttpServer.layerConfig(() => limitedServer(), listenConfig)))
