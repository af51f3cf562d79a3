/** A trace of our own faults: the answer to whoever asked says only that something went wrong here. */
import { Cause, Effect, Metric } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { reasonOf } from "../history/HistoryError.ts"
import { pathOf } from "./target.ts"

const broken = Metric.counter("requests_broken", { description: "Requests answered with 500", incremental: true })

/** Where a fault was thrown, without its message, which may hold somebody's text. */
const placesOf = (fault: unknown): ReadonlyArray<string> =>
  fault instanceof Error
    ? (fault.stack ?? "")
        .split("\n")
        .filter((line) => line.startsWith("    at "))
        .slice(0, 8)
    : []

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
