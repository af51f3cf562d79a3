/** A reader that takes nothing: it is cut off, holds up nobody, and can go on later. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schedule } from "effect"
import { connect, type Socket } from "node:net"
import { ReaderPatience } from "../../src/http/sse.ts"
import { chatTurn, harmonizedSystem, historyInMemory, modelSaying } from "../chat/TestRooms.ts"
import { bearer, edge, request } from "./Edge.ts"
import { baseUrl } from "./TestService.ts"

const operator = "an-operator-token-of-ours"
const history = historyInMemory()
const long = chatTurn(modelSaying(...Array.from({ length: 200 }, () => "긴 답변 ".repeat(8000))), history)
const service = edge({ RATE_LIMIT_GUEST: "off", OPERATOR_TOKEN: operator }, history, long).pipe(
  Layer.provide(harmonizedSystem),
  Layer.provide(Layer.succeed(ReaderPatience, 300)),
)

/** Asks by hand, reads the head of the answer and nothing more; the turn's id. */
const askAndStare = (base: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly turnId: string; readonly socket: Socket }>((resume) => {
      const body = JSON.stringify({ message: "8517.13" })
      const socket = connect(Number(new URL(base).port), "127.0.0.1")
      socket.write(
        `POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
      socket.once("data", (head) => {
        socket.pause()
        resume(Effect.succeed({ socket, turnId: /x-turn-id: (\S+)/i.exec(head.toString())?.[1] ?? "" }))
      })
    }),
    ({ socket }) => Effect.sync(() => socket.destroy()),
  )

const sockets = Effect.sync(() => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length)

it.live("a reader that takes nothing is cut off, and the turn is whole for whoever reads it then", () =>
  Effect.gen(function* () {
    const before = yield* sockets
    const { turnId } = yield* askAndStare(yield* baseUrl)
    assert.strictEqual(yield* sockets, before + 2)
    yield* Effect.repeat(sockets, { schedule: Schedule.spaced("20 millis"), until: (now) => now < before + 2 })
    const response = yield* request(`/api/chat/turns/${turnId}/events`)
    const text = yield* Effect.promise(() => response.text())
    assert.include(text, "event: stream_end")
    assert.include(text, "REPLAY_INCOMPLETE")
    const scraped = yield* request("/metrics", { headers: bearer(operator) })
    assert.match(yield* Effect.promise(() => scraped.text()), /^streams_dropped 1$/m)
  }).pipe(Effect.scoped, Effect.provide(service)),
)
