/** A turn's log on the wire: one Server-Sent Event a write, and a comment when nothing was said for a while. */
import { Effect, Queue, Stream } from "effect"
import { Sse } from "effect/encoding"
import { HttpServerResponse } from "effect/http"
import type { LoggedEvent } from "../chat/TurnLog.ts"
import type { TurnId } from "../domain/Turn.ts"

const silence = "15 seconds"
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

export const sseResponse = (turnId: TurnId, events: Stream.Stream<LoggedEvent>) =>
  HttpServerResponse.stream(
    events.pipe(
      Stream.map(({ sequence, name, data }) =>
        Sse.encoder.write({ _tag: "Event", id: `${turnId}-${sequence}`, event: name, data }),
      ),
      withKeepAlive,
      Stream.encodeText,
    ),
    {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no", "x-turn-id": turnId },
    },
  )
