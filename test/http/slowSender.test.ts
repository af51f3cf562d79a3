/** Clients that send their question a byte now and then, and what every answer tells browsers. */
import { assert, it, layer } from "@effect/vitest"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect } from "effect"
import { connect } from "node:net"
import { limitedServer } from "../../src/http/limitedServer.ts"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { edge, request } from "./Edge.ts"

/** What a server says to a client that sends this and then waits. */
const answerTo = (sent: string) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => limitedServer({ headers: 100, request: 200, interval: 20 })),
      (server) => Effect.sync(() => server.closeAllConnections()),
    )
    yield* NodeHttpServer.make(() => server, { port: 0, host: "127.0.0.1" })
    const address = server.address()
    return yield* Effect.callback<string>((resume) => {
      const socket = connect(typeof address === "object" && address ? address.port : 0, "127.0.0.1")
      let text = ""
      socket.setEncoding("utf8").on("data", (piece: string) => (text += piece))
      socket.on("close", () => resume(Effect.succeed(text)))
      socket.write(sent)
    })
  })

it.live.each([
  ["headers", "POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-ty"],
  ["a body", 'POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mess'],
] as const)("a client that does not get to the end of %s is sent away", ([, sent]) =>
  Effect.gen(function* () {
    assert.match(yield* answerTo(sent), /^HTTP\/1\.1 408 /)
  }),
)

layer(harmonizedSystem)("an answer", (it) => {
  it.effect("tells browsers to take it for what it is, in no frame, and to tell nobody where they were", () =>
    Effect.gen(function* () {
      for (const [path, init] of [
        ["/health/live", {}],
        ["/nowhere", {}],
        ["/api/hs/search?q=leather", {}],
        [
          "/api/chat",
          { method: "POST", headers: { "content-type": "application/json" }, body: '{"message":"8517.13"}' },
        ],
      ] as const) {
        const { headers } = yield* request(path, init)
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff", path)
        assert.strictEqual(headers.get("referrer-policy"), "no-referrer", path)
        assert.strictEqual(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", path)
      }
      const { headers } = yield* request("/docs")
      assert.strictEqual(headers.get("x-frame-options"), "DENY")
      assert.isNull(headers.get("content-security-policy"))
    }).pipe(Effect.provide(edge())),
  )
})
