import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { SessionDetail, SessionPage } from "../domain/History.ts"
import { SessionId } from "../domain/Turn.ts"
import { MemberOnly } from "./Authentication.ts"
import { BadRequest, Forbidden, NotFound, Unavailable } from "./problems.ts"

const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const day = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/),
  Schema.makeFilter((value: string) => !Number.isNaN(Date.parse(value)) || "no such day"),
)

export class HistoryGroup extends HttpApiGroup.make("history")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        page: Schema.optional(whole(1, 100_000)),
        size: Schema.optional(whole(1, 100)),
        startDate: Schema.optional(day),
        endDate: Schema.optional(day),
        keyword: Schema.optional(Schema.String.check(Schema.isMaxLength(100))),
      },
      success: SessionPage,
      error: [BadRequest, Unavailable],
    }).annotateMerge(OpenApi.annotations({ summary: "The member's sessions, newest first" })),
    HttpApiEndpoint.get("session", "/:sessionId", {
      params: { sessionId: SessionId },
      success: SessionDetail,
      error: [BadRequest, Forbidden, NotFound, Unavailable],
    }).annotateMerge(OpenApi.annotations({ summary: "One session with its messages and their analysis" })),
  )
  .middleware(MemberOnly)
  .prefix("/api/chat/history") {}
