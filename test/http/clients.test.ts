/** Programs that people really read streams with: each reads a whole turn of the whole service. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { execFile, spawnSync } from "node:child_process"
import { promisify } from "node:util"
import { createChatClient, type TurnEvent } from "../../src/client/index.ts"
import { Api } from "../../src/http/Api.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import { only, wholeTurn } from "../chat/contract.ts"
import { clientOf } from "../client/reading.ts"
import { cuttingProxy } from "./CuttingProxy.ts"
import * as Chromium from "./Browser.ts"
import { askByFetchEventSource } from "./fetchEventSource.ts"
import { baseUrl, serviceWith } from "./TestService.ts"

const message = "8517.13 스마트폰 관세율"
const body = JSON.stringify({ message })
const headers = { "content-type": "application/json" }

const curl = spawnSync("curl", ["--version"]).status === 0

/** Keeps the contract, the code recognised and answered. */
const assertWhole = (lines: ReadonlyArray<string>) => {
  const events = wholeTurn(lines)
  assert.include(only(events, "main_message_complete")[0]?.fullContent, "8517.13")
  assert.strictEqual(only(events, "detail_page_button_ready")[0]?.metadata.hscode, "8517.13")
  assert.strictEqual(only(events, "stream_end")[0]?.status, "completed")
}

const asLines = (events: ReadonlyArray<TurnEvent>) => events.map((event) => JSON.stringify(event))

const collected = async (source: AsyncIterable<TurnEvent>): Promise<ReadonlyArray<TurnEvent>> => {
  const events: Array<TurnEvent> = []
  for await (const event of source) events.push(event)
  return events
}

const decodeNames = (text: string): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name ?? "")),
]

const service = Layer.unwrap(Effect.map(Chromium.Browser, ({ origin }) => serviceWith({ CORS_ORIGINS: origin }))).pipe(
  Layer.provideMerge(Chromium.Browser.layer),
)

/** What a script in the page returns; it is written with the address of the service. */
const inPage = (script: (base: string) => string) =>
  Effect.gen(function* () {
    const browser = yield* Chromium.Browser
    return yield* browser.run(script(JSON.stringify(yield* baseUrl)))
  })

layer(service, { excludeTestServices: true })("a whole turn is read by", (it) => {
  it.effect.skipIf(!curl)("curl -N (needs curl)", () =>
    Effect.gen(function* () {
      const url = `${yield* baseUrl}/api/chat`
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)("curl", ["-sSN", url, "-H", "content-type: application/json", "-d", body]),
      )
      const blocks = stdout.split("\n\n").filter((block) => block !== "" && !block.startsWith(":"))
      assertWhole(blocks.map((block) => /^data: (.*)$/m.exec(block)?.[1] ?? ""))
    }),
  )

  it.effect("@microsoft/fetch-event-source", () =>
    Effect.flatMap(baseUrl, (base) => Effect.map(askByFetchEventSource(base, { message }), assertWhole)),
  )

  it.effect("the Effect client of the API", () =>
    Effect.gen(function* () {
      const client = yield* HttpApiClient.make(Api, { baseUrl: yield* baseUrl })
      const received = yield* Stream.runCollect(Stream.unwrap(client.chat.send({ payload: { message } })))
      assertWhole(asLines(received.map(({ data }) => data)))
    }).pipe(Effect.provide(FetchHttpClient.layer)),
  )

  it.effect("our own client, for a guest and for a member", () =>
    Effect.gen(function* () {
      const token = yield* Effect.flatMap(Tokens, (tokens) => tokens.issue("alice"))
      for (const who of [{}, { token }]) {
        const chat = createChatClient({ baseUrl: yield* baseUrl, ...who })
        const turn = chat.send({ message, language: "ko" })
        const events = yield* Effect.promise(() => collected(turn.events))
        assertWhole(asLines(events))
        const [first] = events
        const turnId = yield* Effect.promise(() => turn.turnId)
        assert.isTrue(first?.eventType === "initial_metadata" && first.turnId === turnId)
        assert.isTrue(first?.eventType === "initial_metadata" && first.isAuthenticated === "token" in who)
      }
    }),
  )

  it.effect.skipIf(!Chromium.installed)("fetch and a reader on a page of another origin (needs chromium)", () =>
    Effect.gen(function* () {
      const found = yield* inPage(
        (base) => `
          const response = await fetch(${base} + "/api/chat", {
            method: "POST",
            headers: { "content-type": "application/json", "idempotency-key": "of this page" },
            body: ${JSON.stringify(body)},
          })
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
          let text = ""
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value
          return { turnId: response.headers.get("x-turn-id"), data: text.match(/^data: .*$/gm) }`,
      )
      const { turnId, data } = found as { turnId: string | null; data: ReadonlyArray<string> }
      assert.isNotNull(turnId)
      assertWhole(data.map((line) => line.slice("data: ".length)))
    }),
  )

  it.effect.skipIf(!Chromium.installed)("our own client on a page of another origin (needs chromium)", () =>
    Effect.gen(function* () {
      const found = yield* inPage(
        (base) => `
          const { createChatClient, ChatRefused } = await import("/client/index.ts")
          const chat = createChatClient({ baseUrl: ${base} })
          const refused = await chat.send({ message: " " }).turnId.catch((error) => error)
          const events = []
          for await (const event of chat.send({ message: ${JSON.stringify(message)} }).events) events.push(event)
          return { code: refused instanceof ChatRefused && refused.code, events }`,
      )
      const { code, events } = found as { code: unknown; events: ReadonlyArray<TurnEvent> }
      assert.strictEqual(code, "CHAT_001")
      assertWhole(asLines(events))
    }),
  )
})

/** Enough for the head of an answer and a few events. */
const shortLived = { after: 4000, cuts: 3 }

layer(service, { excludeTestServices: true })(
  "a turn whose connection breaks again and again is read whole by",
  (it) => {
    it.effect("our own client", () =>
      Effect.gen(function* () {
        const { cuts, url } = yield* cuttingProxy(yield* baseUrl, shortLived)
        const events = yield* Effect.promise(() => collected(clientOf(url).chat.send({ message }).events))
        assertWhole(asLines(events))
        assert.strictEqual(cuts(), shortLived.cuts)
      }),
    )

    it.effect("@microsoft/fetch-event-source", () =>
      Effect.gen(function* () {
        const { cuts, url } = yield* cuttingProxy(yield* baseUrl, shortLived)
        const key = { "idempotency-key": "of this reader" }
        assertWhole(yield* askByFetchEventSource(url, { message, headers: key }))
        assert.strictEqual(cuts(), shortLived.cuts)
      }),
    )

    it.effect.skipIf(!Chromium.installed)("the browser's own EventSource, which then stays away (needs chromium)", () =>
      Effect.gen(function* () {
        const { origin, run } = yield* Chromium.Browser
        assert.isNotEmpty(origin)
        const direct = yield* baseUrl
        const asked = yield* Effect.promise(() => fetch(`${direct}/api/chat`, { method: "POST", headers, body }))
        const turnId = asked.headers.get("x-turn-id")
        const { cuts, url } = yield* cuttingProxy(direct, { ...shortLived, cuts: 1 })
        const names = decodeNames(yield* Effect.promise(() => asked.text()))
        const found = yield* run(`
        const source = new EventSource(${JSON.stringify(`${url}/api/chat/turns/${turnId}/events`)})
        const data = []
        return await new Promise((resolve) => {
          for (const name of ${JSON.stringify(names)}) source.addEventListener(name, (event) => data.push(event.data))
          source.onerror = () => source.readyState === EventSource.CLOSED && resolve(data)
        })`)
        assertWhole(found as ReadonlyArray<string>)
        assert.strictEqual(cuts(), 1)
      }),
    )
  },
)
