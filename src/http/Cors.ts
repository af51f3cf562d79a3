/**
 * Which websites' scripts may read answers: those that `CORS_ORIGINS` lists. Callers are known by the `Authorization`
 * header alone, so no answer ever allows credentials that browsers add by themselves.
 */
import { Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter } from "effect/http"
import { listOf } from "./listOf.ts"

/** As browsers write it; a star, which a URL may hold, stands for nothing here. */
const isOrigin = (text: string): boolean =>
  /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

const config = listOf("CORS_ORIGINS", isOrigin, "origins such as https://app.example or http://localhost:3000")

const allowed = {
  allowedMethods: ["GET", "POST", "DELETE"],
  allowedHeaders: ["authorization", "cache-control", "content-type", "idempotency-key", "last-event-id", "traceparent"],
  exposedHeaders: ["X-Turn-Id", "Retry-After", "RateLimit", "RateLimit-Policy"],
  /** Seconds for which a browser need not ask again. */
  maxAge: 600,
}

/** A list of one origin would be named to every caller, whatever theirs is: hence the predicate. */
const only = (origins: ReadonlyArray<string>) =>
  HttpMiddleware.cors({ ...allowed, allowedOrigins: (origin) => origins.includes(origin) })

export const cors = Layer.unwrap(
  Effect.map(config, (origins) =>
    origins.length === 0 ? Layer.empty : HttpRouter.middleware(only(origins), { global: true }),
  ),
)
