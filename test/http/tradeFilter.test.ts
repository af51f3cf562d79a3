import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { baseUrl, filteringService, service } from "./TestService.ts"

const post = (message: string) =>
  Effect.flatMap(baseUrl, (base) =>
    Effect.promise(async () => {
      const response = await fetch(`${base}/api/chat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ message }),
      })
      return { status: response.status, type: response.headers.get("content-type") ?? "", text: await response.text() }
    }),
  )

layer(filteringService, { excludeTestServices: true })("with the trade filter on, the service", (it) => {
  it.effect("refuses what is no trade question with CHAT_003 before any event", () =>
    Effect.gen(function* () {
      const { status, type, text } = yield* post("김치찌개 맛있게 끓이는 법")
      assert.strictEqual(status, 422)
      assert.strictEqual(type, "application/problem+json")
      const problem = JSON.parse(text) as Record<string, unknown>
      assert.deepInclude(problem, { status: 422, code: "CHAT_003", title: "Unprocessable Content" })
      assert.match(String(problem["message"]), /무역/)
      assert.match((yield* post("write a poem about rain")).text, /"CHAT_003".*trade/)
    }),
  )

  it.effect("answers a trade question as ever", () =>
    Effect.gen(function* () {
      const { status, text } = yield* post("김치 HS코드")
      assert.strictEqual(status, 200)
      assert.include(text, "event: stream_end")
    }),
  )
})

layer(service, { excludeTestServices: true })("with the trade filter off, the service", (it) => {
  it.effect("answers whatever it is asked", () =>
    Effect.gen(function* () {
      const { status, text } = yield* post("김치찌개 맛있게 끓이는 법")
      assert.strictEqual(status, 200)
      assert.include(text, "event: stream_end")
    }),
  )
})
