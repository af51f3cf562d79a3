import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Comparison, DetailPage } from "../domain/DetailPage.ts"
import { Edition, Language } from "../domain/Recognition.ts"
import { Country, DateText } from "../domain/Tariff.ts"
import { BadRequest, NoSuchCode, Unavailable } from "./problems.ts"

const query = {
  country: Schema.optional(Country),
  lang: Schema.optional(Language),
  asOf: Schema.optional(DateText),
}

export class DetailGroup extends HttpApiGroup.make("detail").add(
  HttpApiEndpoint.get("page", "/api/detail/hscode/:code", {
    params: { code: Schema.String },
    query: { ...query, edition: Schema.optional(Edition) },
    success: DetailPage,
    error: [BadRequest, NoSuchCode, Unavailable],
  }).annotateMerge(
    OpenApi.annotations({
      summary: "The detail page of a code",
      description:
        "Two to ten digits, dotted or not. A code of HS 2017 that is gone answers with its successors (`kind: superseded`). National lines and rates are there when a schedule was imported; `asOf` shows those of another day. Cacheable: `ETag`, `Last-Modified`, 304.",
    }),
  ),
  HttpApiEndpoint.get("compare", "/api/detail/hscode/:code/compare", {
    params: { code: Schema.String },
    query: { ...query, with: Schema.String },
    success: Comparison,
    error: [BadRequest, NoSuchCode, Unavailable],
  }).annotateMerge(OpenApi.annotations({ summary: "Two codes side by side: what separates them, lines and rates" })),
) {}
