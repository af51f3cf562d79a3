/** What is left of a request that met a fault of ours. */
import { assert, layer } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { bearer, edge, request, tokenFor } from "./Edge.ts"

layer(harmonizedSystem)("a fault of ours", (it) => {
  const lines: Array<string> = []
  const kept = Logger.layer([Logger.make(({ message }) => void lines.push(JSON.stringify(message)))])

  it.effect("is told as such to whoever asked, and logged with its place but no words of theirs", () =>
    Effect.gen(function* () {
      const headers = bearer(yield* tokenFor("alice"))
      // The rooms behind this edge die when they are asked to search.
      const answer = yield* request("/api/chat/history/search?keyword=secret", { headers })
      assert.strictEqual(answer.status, 500)
      const [line = "", ...more] = lines.filter((text) => text.includes("request broken"))
      assert.isEmpty(more)
      assert.include(line, "GET /api/chat/history/search")
      assert.notInclude(line, "secret")
    }).pipe(Effect.provide(edge()), Effect.provide(kept)),
  )
})
