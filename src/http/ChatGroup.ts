import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ChatEvent } from "../domain/ChatEvent.ts"
import { ChatRequest } from "../domain/Turn.ts"
import { GuestOrMember } from "./Authentication.ts"
import { BadRequest, Forbidden, NotFound, TooLarge, Unprocessable, UnsupportedType } from "./problems.ts"
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
      error: [BadRequest, Forbidden, NotFound, TooLarge, Unprocessable, UnsupportedType],
    })
      .middleware(TurnLimit)
      .annotateMerge(
        OpenApi.annotations({
          summary: "Ask a question",
          description:
            "Answers with a turn as Server-Sent Events; the stream ends after `stream_end`. `X-Turn-Id` names the turn.",
        }),
      ),
  )
  .middleware(GuestOrMember) {}
