/** What only the operator reads: how the service does. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { OperatorOnly } from "./OperatorOnly.ts"

const Exposition = Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))

export class OperatorGroup extends HttpApiGroup.make("operator")
  .add(
    HttpApiEndpoint.get("metrics", "/metrics", { success: Exposition }).annotateMerge(
      OpenApi.annotations({ summary: "Every metric, in Prometheus' text format" }),
    ),
  )
  .middleware(OperatorOnly) {}
