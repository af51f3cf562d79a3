/** Headers that keep browsers from doing with an answer what it is not for, and a trace of our own faults. TLS, and what enforces it, ends before this service. */
import { Cause, Effect, Metric } from "effect"
import { HttpEffect, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { reasonOf } from "../history/HistoryError.ts"
import { pathOf } from "./target.ts"

const everywhere = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
}

/** Nothing that is answered here is a page, but the documentation, which loads its own scripts. */
const noPage = { "content-security-policy": "default-src 'none'; frame-ancestors 'none'" }

export const safeguards = HttpRouter.middleware(
  HttpEffect.withPreResponseHandler((_, response) =>
    Effect.succeed(
      HttpServerResponse.setHeaders(response, {
        ...everywhere,
        ...(response.headers["content-type"]?.startsWith("text/html") ? {} : noPage),
      }),
    ),
  ),
  { global: true },
)

const broken = Metric.counter("requests_broken", { description: "Requests answered with 500", incremental: true })

/** Where a fault was thrown, without its message, which may hold somebody's text. */
const placesOf = (fault: unknown): ReadonlyArray<string> =>
  fault instanceof Error
    ? (fault.stack ?? "")
        .split("\n")
        .filter((line) => line.startsWith("    at "))
        .slice(0, 8)
    : []

/** Who asked is told only that something went wrong here. */
export const faults = HttpRouter.middleware(
  Effect.as(Metric.update(broken, 0), (app) =>
    Effect.tapCause(app, (cause) =>
      Effect.gen(function* () {
        if (!Cause.hasDies(cause)) return
        const fault = Cause.squash(cause)
        const { method, url } = yield* HttpServerRequest.HttpServerRequest
        yield* Metric.update(broken, 1)
        yield* Effect.logError("request broken", {
          request: `${method} ${pathOf(url)}`,
          reason: reasonOf(fault),
          places: placesOf(fault),
        })
      }),
    ),
  ),
  { global: true },
)
