/** Binds questions and their streams to the turns. */
import { Effect, Option } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { ChatTurn, type Turn } from "../chat/ChatTurn.ts"
import { Api } from "./Api.ts"
import { CurrentCaller } from "./Authentication.ts"
import { readChatRequest } from "./chatRequest.ts"
import { lastEventOf, readIdempotencyKey } from "./chatHeaders.ts"
import { startRefused, turnRefused } from "./problems.ts"
import { sseResponse } from "./sse.ts"

export const chat = HttpApiBuilder.group(
  Api,
  "chat",
  Effect.fnUntraced(function* (handlers) {
    const turns = yield* ChatTurn
    return handlers
      .handleRaw(
        "send",
        Effect.fnUntraced(function* ({ request }) {
          const caller = yield* CurrentCaller
          const last = yield* lastEventOf(request)
          if (last) {
            const rest = yield* turns.resume(last.turnId, last.sequence, caller).pipe(Effect.mapError(turnRefused))
            return yield* streamed(request, rest, nothingLeft)
          }
          const idempotencyKey = yield* readIdempotencyKey(request)
          const body = yield* readChatRequest(request)
          const turn = yield* turns
            .start({
              message: body.message,
              caller,
              sessionId: body.sessionId ?? body.session_uuid ?? null,
              language: body.context?.language ?? null,
              idempotencyKey,
            })
            .pipe(Effect.mapError(startRefused))
          return yield* sseResponse(request, turn)
        }),
      )
      .handleRaw(
        "follow",
        Effect.fnUntraced(function* ({ params, query, request }) {
          const caller = yield* CurrentCaller
          const last = yield* lastEventOf(request)
          const after = last?.turnId === params.turnId ? last.sequence : (query.after ?? 0)
          const rest = yield* turns.resume(params.turnId, after, caller).pipe(Effect.mapError(turnRefused))
          return yield* streamed(request, rest, HttpServerResponse.empty({ status: 204 }))
        }),
      )
      .handle(
        "stop",
        Effect.fnUntraced(function* ({ params }) {
          yield* turns.stop(params.turnId, yield* CurrentCaller).pipe(Effect.mapError(turnRefused))
        }),
      )
  }),
)

/** A stream without an event: readers that take only streams would come back for ever. */
const nothingLeft = HttpServerResponse.text("", { contentType: "text/event-stream" })

/** The rest of a turn; that answer when there is none. */
const streamed = (
  request: HttpServerRequest.HttpServerRequest,
  rest: Option.Option<Turn>,
  otherwise: HttpServerResponse.HttpServerResponse,
) =>
  Option.match(rest, {
    onNone: () => Effect.succeed(otherwise),
    onSome: (turn) => sseResponse(request, turn),
  })
