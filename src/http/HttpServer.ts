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
} from "effect/http"
import { HttpApiBuilder, HttpApiScalar } from "effect/http-api"
import { createServer } from "node:http"
import { Api } from "./Api.ts"
import { handlers } from "./handlers.ts"
import { forStatus } from "./problems.ts"

const largestBody = ByteSize.kibibytes(64)

/** Gives every refusal that has no body of ours one, and 503 a time to come back. */
const problems = HttpRouter.middleware(
  HttpEffect.withPreResponseHandler((_, response) => {
    if (response.status < 400) return Effect.succeed(response)
    const whole =
      response.headers["content-type"] === ProblemDetails.contentType
        ? response
        : HttpServerResponse.jsonUnsafe(forStatus(response.status), {
            status: response.status,
            contentType: ProblemDetails.contentType,
          })
    return Effect.succeed(response.status === 503 ? HttpServerResponse.setHeader(whole, "retry-after", "5") : whole)
  }),
  { global: true },
)

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(Layer.provide(handlers)),
  HttpApiScalar.layer(Api, { path: "/docs" }),
  problems,
)

const limits = Layer.succeed(HttpIncomingMessage.MaxBodySize, largestBody)

const spanNames = Layer.succeed(
  HttpMiddleware.SpanNameGenerator,
  (request) => `${request.method} ${new URL(request.url, "http://localhost").pathname}`,
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
  Layer.provide([limits, spanNames]),
)

export const server = api.pipe(Layer.provideMerge(NodeHttpServer.layerConfig(createServer, listenConfig)))
