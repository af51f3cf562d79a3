import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Unavailable } from "./problems.ts"

export class HealthGroup extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("live", "/live", { success: Schema.Struct({ status: Schema.Literal("live") }) }).annotateMerge(
      OpenApi.annotations({ summary: "The process runs" }),
    ),
    HttpApiEndpoint.get("ready", "/ready", {
      success: Schema.Struct({
        status: Schema.Literal("ready"),
        checks: Schema.Struct({
          database: Schema.Literals(["up", "down"]),
          context7: Schema.Literals(["enabled", "degraded", "off"]),
        }),
      }),
      error: Unavailable,
    }).annotateMerge(
      OpenApi.annotations({ summary: "Turns are taken; with the database down, members' records wait" }),
    ),
  )
  .prefix("/health") {}
