import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ExportLine } from "../domain/History.ts"
import { RecentQuery } from "../domain/Search.ts"
import { MemberOnly } from "./Authentication.ts"
import { Unavailable } from "./problems.ts"

export class MembersGroup extends HttpApiGroup.make("members")
  .add(
    HttpApiEndpoint.get("recentQueries", "/recent-queries", {
      success: Schema.Struct({ queries: Schema.Array(RecentQuery) }),
      error: Unavailable,
    }).annotateMerge(
      OpenApi.annotations({
        summary: "What the member asked for lately",
        description: "Products and codes, newest first: twenty at most, of the last thirty days.",
      }),
    ),
    HttpApiEndpoint.get("export", "/export", {
      success: HttpApiSchema.StreamNdjson({ schema: ExportLine }),
      error: Unavailable,
    }).annotateMerge(
      OpenApi.annotations({
        summary: "All that is kept of the member, as JSON lines",
        description:
          "Sessions, messages with their whole analysis, recent queries. The last line is of type `end`; without it the export was cut off.",
      }),
    ),
    HttpApiEndpoint.delete("erase", "/data", { success: HttpApiSchema.NoContent, error: Unavailable }).annotateMerge(
      OpenApi.annotations({
        summary: "Erases all that is kept of the member",
        description: "Sessions, messages with their analysis, and recent queries. May be repeated.",
      }),
    ),
  )
  .middleware(MemberOnly)
  .prefix("/api/members/me") {}
