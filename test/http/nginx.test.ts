/** Through nginx as it comes, with `proxy_pass` and nothing else: nothing is held back. Skipped where it is not installed. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { only, wholeTurn } from "../chat/contract.ts"
import { chatTurn, harmonizedSystem, historyInMemory, modelWaiting } from "../chat/TestRooms.ts"
import { clientOf, readAll } from "../client/reading.ts"
import { cuttingProxy } from "./CuttingProxy.ts"
import { edge } from "./Edge.ts"
import { installed, nginx } from "./Nginx.ts"
import { baseUrl } from "./TestService.ts"

/** The service, whose answer waits in its middle until the test lets it go on. */
const waiting = (go: Deferred.Deferred<void>) => {
  const history = historyInMemory()
  return edge({ RATE_LIMIT_GUEST: "off" }, history, chatTurn(modelWaiting(go), history)).pipe(
    Layer.provide(harmonizedSystem),
  )
}

const message = "8517.13"

const ask = (base: string) =>
  Effect.promise(() =>
    fetch(`${base}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", "accept-encoding": "gzip, br" },
      body: JSON.stringify({ message }),
    }),
  )

const reading = (response: Response) => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  return (wanted: string) =>
    Effect.promise(async () => {
      while (!text.includes(wanted)) {
        const chunk = await reader?.read()
        if (chunk === undefined || chunk.done) break
        text += chunk.value
      }
      return text
    })
}

describe.skipIf(!installed)("through nginx (needs nginx)", () => {
  it.live("events arrive as they are written, and a stream goes on where it was cut", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const base = yield* nginx(yield* baseUrl)
        const response = yield* ask(base)
        const { headers } = response
        assert.isNull(headers.get("content-encoding"))
        assert.match(headers.get("content-type") ?? "", /^text\/event-stream\b/)
        assert.strictEqual(headers.get("cache-control"), "no-cache, no-transform")
        const until = reading(response)
        const first = yield* until("event: main_message_data")
        const turn = `${base}/api/chat/turns/${headers.get("x-turn-id")}/events`
        const last = { "last-event-id": `${headers.get("x-turn-id")}-2` }
        const resumed = yield* Effect.promise(() => fetch(turn, { headers: last }))
        yield* Deferred.succeed(go, undefined)
        const whole = yield* until("event: stream_end")
        assert.isTrue(whole.startsWith(first))
        const rest = yield* reading(resumed)("event: stream_end")
        assert.strictEqual(rest, whole.slice(whole.indexOf("\n\n", whole.indexOf("-2\n")) + 2))
        const over = yield* Effect.promise(() => fetch(`${turn}?after=100`))
        assert.strictEqual(over.status, 204)
      }).pipe(Effect.provide(waiting(go)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.live("a turn is read whole although nginx takes a lost service for the end of an answer", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const behind = yield* cuttingProxy(yield* baseUrl, { after: /event: main_message_data\ndata: \{/, cuts: 1 })
        const lines: Array<string> = []
        const turn = clientOf(yield* nginx(behind.url)).chat.send({ message })
        yield* Effect.promise(() =>
          readAll(turn, (event) => {
            lines.push(JSON.stringify(event))
            if (event.eventType === "main_message_data") Deferred.doneUnsafe(go, Effect.void)
          }),
        )
        assert.strictEqual(only(wholeTurn(lines), "stream_end")[0]?.status, "completed")
        assert.strictEqual(behind.cuts(), 1)
      }).pipe(Effect.provide(waiting(go)))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
