import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MessagePage, SessionDetail, SessionPage } from "../domain/History.ts"
import { DateText } from "../domain/Tariff.ts"
import { SessionId } from "../domain/Turn.ts"
import { MemberOnly } from "./Authentication.ts"
import { BadRequest, Forbidden, NotFound, Unavailable } from "./problems.ts"

const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** PostgreSQL holds no NUL, so no message has one. */
const keyword = Schema.String.check(Schema.isMaxLength(100), Schema.isPattern(/^[^\0]*$/))
const cursor = Schema.String.check(Schema.isPattern(/^\d{1,17}_[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/))

const narrowing = {
  page: Schema.optional(whole(1, 100_000)),
  size: Schema.optional(whole(1, 100)),
  startDate: Schema.optional(DateText),
  endDate: Schema.optional(DateText),
  /** Dotted or not; a heading finds what lies below it. */
  hscode: Schema.optional(Schema.String),
}

export class HistoryGroup extends HttpApiGroup.make("history")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...narrowing, keyword: Schema.optional(keyword), cursor: Schema.optional(cursor) },
      success: SessionPage,
      error: [BadRequest, Unavailable],
    }).annotateMerge(OpenApi.annotations({ summary: "The member's sessions, newest first" })),
    HttpApiEndpoint.get("search", "/search", {
      query: { ...narrowing, keyword: keyword.check(Schema.isPattern(/\S/)) },
      success: MessagePage,
      error: [BadRequest, Unavailable],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "The member's messages that hold every word of a keyword, most relevant first",
        description: "Words count as parts of other words too, whatever their case. Dates are days of UTC.",
      }),
    ),
    HttpApiEndpoint.get("session", "/:sessionId", {
      params: { sessionId: SessionId },
      success: SessionDetail,
      error: [BadRequest, Forbidden, NotFound, Unavailable],
    }).annotateMerge(OpenApi.annotations({ summary: "One session with its messages and their analysis" })),
    HttpApiEndpoint.delete("erase", "/:sessionId", {
      params: { sessionId: SessionId },
      success: HttpApiSchema.NoContent,
      error: [BadRequest, Forbidden, NotFound, Unavailable],
    }).annotateMerge(OpenApi.annotations({ summary: "Erases one session with its messages" })),
  )
  .middleware(MemberOnly)
  .prefix("/api/chat/history") {}
