/** A turn's log on the wire: one Server-Sent Event a write, and a comment when nothing was said for a while. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Effect, Queue, Stream } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Turn } from "../chat/ChatTurn.ts"
import type { LoggedEvent } from "../chat/TurnLog.ts"
import type { TurnId } from "../domain/Turn.ts"

const silence = "15 seconds"
/** Nothing, at once: with it go the headers, which would wait for the first event. */
const headersNow = ""
const keepAlive = ": keep-alive\n\n"

/** Passes texts on, and a comment instead whenever none comes for `silence`. */
const withKeepAlive = (texts: Stream.Stream<string>): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.map(Stream.toQueue(texts, { capacity: 16 }), (queue) =>
      Stream.fromPull(
        Effect.succeed(
          Queue.take(queue).pipe(
            Effect.timeoutOrElse({ duration: silence, orElse: () => Effect.succeed(keepAlive) }),
            Effect.map((text) => [text] as const),
          ),
        ),
      ),
    ),
  )

/** The id comes last: some readers take it as read before the event is whole, and would go on behind what they never had. */
const written = (turnId: TurnId, { data, name, sequence }: LoggedEvent): string =>
  `event: ${name}\ndata: ${data}\nid: ${turnId}-${sequence}\n\n`

/**
 * Milliseconds in which a reader must take something (with the comments there always is something), else it is cut off:
 * what it has is good for a resume.
 */
export const ReaderPatience = Context.Reference<number>("hs-trade-chat/http/ReaderPatience", {
  defaultValue: () => 45_000,
})

export const sseResponse = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest,
  { events, turnId }: Turn,
) {
  NodeHttpServerRequest.toServerResponse(request).setTimeout(yield* ReaderPatience)
  return HttpServerResponse.stream(
    events.pipe(
      Stream.map((event) => written(turnId, event)),
      withKeepAlive,
      Stream.prepend([headersNow]),
      Stream.encodeText,
    ),
    {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no", "x-turn-id": turnId },
    },
  )
})
