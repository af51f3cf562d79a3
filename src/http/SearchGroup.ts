import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { SearchResult } from "../domain/Search.ts"
import { BadRequest } from "./problems.ts"

export class SearchGroup extends HttpApiGroup.make("search").add(
  HttpApiEndpoint.get("goods", "/api/hs/search", {
    query: {
      q: Schema.Trim.check(Schema.isMinLength(1), Schema.isMaxLength(1000)),
      limit: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))),
    },
    success: SearchResult,
    error: BadRequest,
  }).annotateMerge(
    OpenApi.annotations({
      summary: "Find the HS code of a product",
      description:
        "Ranked candidates for a free text; when they are close, the question whose answer decides. An option's `refinement` is the next `q`.",
    }),
  ),
) {}
