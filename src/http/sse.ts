/** A turn's log on the wire: Server-Sent Events, whole ones in each write, and a comment when nothing was said for a while. */
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Context, Effect, Fiber, Option, type Pull, Stream } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Turn } from "../chat/ChatTurn.ts"
import { observeDropped } from "../chat/turnMetrics.ts"
import type { LoggedEvent } from "../chat/TurnLog.ts"
import type { TurnId } from "../domain/Turn.ts"

const silence = "15 seconds"
/** Nothing, at once: with it go the headers, which would wait for the first event. */
const headersNow = Buffer.alloc(0)
const keepAlive = Buffer.from(": keep-alive\n\n")

/** Passes on what comes, and a comment instead whenever nothing comes for `silence`; what it waits for is not given up. */
const withKeepAlive = (pieces: Stream.Stream<Uint8Array>): Stream.Stream<Uint8Array> =>
  Stream.unwrap(
    Effect.gen(function* () {
      type Pieces = Pull.Pull<readonly [Uint8Array, ...Array<Uint8Array>]>
      const scope = yield* Effect.scope
      const pull = yield* Stream.toPull(pieces)
      let waiting: Fiber.Fiber<Effect.Success<Pieces>, Effect.Error<Pieces>> | null = null
      const next: Pieces = Effect.gen(function* () {
        waiting ??= yield* Effect.forkIn(pull, scope, { startImmediately: true })
        const exit =
          waiting.pollUnsafe() ?? Option.getOrNull(yield* Effect.timeoutOption(Fiber.await(waiting), silence))
        if (!exit) return [keepAlive] as const
        waiting = null
        return yield* exit
      })
      return Stream.fromPull(Effect.succeed(next))
    }),
  )

/**
 * Events that are there together go out together; JSON has no line break, so that `data` is one line. The id comes last:
 * some readers take it as read before the event is whole, and would go on behind what they never had.
 */
const written = (turnId: TurnId) => (events: ReadonlyArray<LoggedEvent>) => {
  let text = ""
  for (const { data, name, sequence } of events) {
    text += `event: ${name}\ndata: ${data}\nid: ${turnId}-${sequence}\n\n`
  }
  return [Buffer.from(text)] as const
}

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
  const response = NodeHttpServerRequest.toServerResponse(request)
  const told = Effect.runForkWith(yield* Effect.context<never>())
  response.setTimeout(yield* ReaderPatience, () => {
    told(observeDropped)
    response.destroy()
  })
  return HttpServerResponse.stream(
    withKeepAlive(Stream.mapArray(events, written(turnId))).pipe(Stream.prepend([headersNow])),
    {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no", "x-turn-id": turnId },
    },
  )
})
