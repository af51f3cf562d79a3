import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ChatEvent } from "../domain/ChatEvent.ts"
import { ChatRequest, TurnId } from "../domain/Turn.ts"
import { GuestOrMember } from "./Authentication.ts"
import {
  BadRequest,
  Conflict,
  Forbidden,
  Gone,
  NotFound,
  TooLarge,
  Unavailable,
  Unprocessable,
  UnsupportedType,
} from "./problems.ts"
import { TurnLimit } from "./RateLimit.ts"

const events = Schema.Struct({
  /** `<turnId>-<sequence>`. */
  id: Schema.String,
  event: Schema.String,
  data: Schema.fromJsonString(ChatEvent),
})

export class ChatGroup extends HttpApiGroup.make("chat")
  .add(
    HttpApiEndpoint.post("send", "/api/chat", {
      payload: ChatRequest,
      success: HttpApiSchema.StreamSse({ events }),
      error: [BadRequest, Conflict, Forbidden, Gone, NotFound, TooLarge, Unavailable, Unprocessable, UnsupportedType],
    })
      .middleware(TurnLimit)
      .annotateMerge(
        OpenApi.annotations({
          summary: "Ask a question",
          description:
            "Answers with a turn as Server-Sent Events; the stream ends after `stream_end`. `X-Turn-Id` names the turn. With `Idempotency-Key` the same question again joins its turn; with `Last-Event-ID` the stream goes on behind that event.",
        }),
      ),
    HttpApiEndpoint.get("follow", "/api/chat/turns/:turnId/events", {
      params: { turnId: TurnId },
      query: { after: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999 }))) },
      success: [HttpApiSchema.StreamSse({ events }), HttpApiSchema.NoContent],
      error: [BadRequest, Forbidden, Gone, Unavailable],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Read a turn, from any point",
        description:
          "Behind `after` or `Last-Event-ID`; 204 when nothing is left. A turn can be read for ten minutes after its end.",
      }),
    ),
    HttpApiEndpoint.delete("stop", "/api/chat/turns/:turnId", {
      params: { turnId: TurnId },
      success: HttpApiSchema.NoContent,
      error: [BadRequest, Forbidden, Gone, Unavailable],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Stop a turn",
        description: "The answer ends; what was said is kept as `cancelled`.",
      }),
    ),
  )
  .middleware(GuestOrMember) {}
