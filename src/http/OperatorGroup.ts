/** What only the operator may do: see how the service does, and declare outdated what it keeps. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { BadRequest, Unavailable } from "./problems.ts"
import { OperatorOnly } from "./OperatorOnly.ts"

const Exposition = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))

export class OperatorGroup extends HttpApiGroup.make("operator")
  .add(
    HttpApiEndpoint.get("metrics", "/metrics", { success: Exposition }).annotateMerge(
      OpenApi.annotations({ summary: "Every metric, in Prometheus' text format" }),
    ),
    HttpApiEndpoint.delete("forget", "/api/operator/cache", {
      query: {
        code: Schema.optional(Schema.String),
        library: Schema.optional(Schema.NonEmptyString),
        version: Schema.optional(Schema.NonEmptyString),
      },
      success: Schema.Struct({ outdated: Schema.Array(Schema.String) }),
      error: [BadRequest, Unavailable],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Declares outdated what is kept of Context7's answers and of whole results",
        description:
          "Of a code (and all below it), of a library, of a version of the recognition, or, without any of them, everything; on every instance that shares the store. Evidence on the pages of codes goes with it.",
      }),
    ),
  )
  .middleware(OperatorOnly) {}
