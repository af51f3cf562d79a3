/** Binds what operators may do to the rooms that keep things. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { EvidenceShelf } from "../detail/EvidenceShelf.ts"
import { Invalidations, Scope } from "../detail/Invalidations.ts"
import type { HsCode } from "../domain/HsCode.ts"
import { Api } from "./Api.ts"
import { readCode } from "./readCode.ts"
import { saying, Unavailable } from "./problems.ts"

export const operator = HttpApiBuilder.group(
  Api,
  "operator",
  Effect.fnUntraced(function* (handlers) {
    const invalidations = yield* Invalidations
    const shelf = yield* EvidenceShelf
    return handlers
      .handle("metrics", () => PrometheusMetrics.format())
      .handle(
        "forget",
        Effect.fnUntraced(function* ({ query }) {
          const code = query.code === undefined ? null : yield* readCode(query.code)
          const scopes = scopesOf(code, query.library, query.version)
          yield* Effect.forEach(scopes, invalidations.declare).pipe(Effect.mapError(() => lost))
          if (query.version === undefined || code !== null || query.library !== undefined) {
            yield* shelf.forget({ code, library: query.library ?? null }).pipe(Effect.mapError(() => lost))
          }
          yield* Effect.logInfo("declared outdated", { scopes })
          return { outdated: scopes }
        }),
      )
  }),
)

const lost = new Unavailable(saying("HTTP_503", "The store did not take it. Please try again."))

const scopesOf = (code: HsCode | null, library: string | undefined, version: string | undefined) => {
  const named = [
    ...(code === null ? [] : [Scope.code(code)]),
    ...(library === undefined ? [] : [Scope.library(library)]),
    ...(version === undefined ? [] : [Scope.version(version)]),
  ]
  return named.length > 0 ? named : [Scope.everything]
}
