/** A turn's log on the wire: one Server-Sent Event a write, and a comment when nothing was said for a while. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Effect, Queue, Stream } from "effect"
import { Sse } from "effect/encoding"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Turn } from "../chat/ChatTurn.ts"

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
      Stream.map(({ sequence, name, data }) =>
        Sse.encoder.write({ _tag: "Event", id: `${turnId}-${sequence}`, event: name, data }),
      ),
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
