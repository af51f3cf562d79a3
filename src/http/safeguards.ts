/** Headers that keep browsers from doing with an answer what it is not for. TLS, and what enforces it, ends before this service. */
import { Effect } from "effect"
import { HttpEffect, HttpRouter, HttpServerResponse } from "effect/http"

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
