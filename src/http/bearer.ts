/**
 * The bearer token of a request: in one `Authorization` header and nowhere else (RFC 6750). Whatever is wrong with it is
 * refused with the same words, so that nobody learns how far a forged one came.
 */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { saying, Unauthorized } from "./problems.ts"
import { queryOf } from "./target.ts"

type Request = HttpServerRequest.HttpServerRequest

const largestHeader = 8 * 1024

export const invalidToken = new Unauthorized(saying("AUTH_003", "A valid bearer token is required."))

/** How many times the header was sent: Node passes on the first and says nothing of the others. */
const timesSent = (request: Request): number =>
  NodeHttpServerRequest.toIncomingMessage(request).rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === "authorization",
  ).length

const inQuery = (request: Request): boolean =>
  queryOf(request.url)
    .keys()
    .some((name) => /^(access_)?token$/i.test(name))

/** The token, or null when none was sent. */
export const bearerOf = (request: Request): Effect.Effect<string | null, Unauthorized> => {
  const header = request.headers["authorization"]
  if (header === undefined) return Effect.succeed(null)
  if (header.length > largestHeader || timesSent(request) > 1) return Effect.fail(invalidToken)
  const token = /^Bearer +(\S+)$/i.exec(header.trim())?.[1]
  return token === undefined ? Effect.fail(invalidToken) : Effect.succeed(token)
}

/** What `WWW-Authenticate` says beside a 401. */
export const challenge = (request: Request): string =>
  timesSent(request) > 0 || inQuery(request) ? 'Bearer error="invalid_token"' : "Bearer"

/** Addresses end up in histories and logs: a token there is refused, even beside a good one in the header. */
export const refuseTokensInQuery = HttpRouter.middleware(
  (app) =>
    Effect.gen(function* () {
      if (inQuery(yield* HttpServerRequest.HttpServerRequest)) return yield* invalidToken
      return yield* app
    }),
  { global: true },
)
