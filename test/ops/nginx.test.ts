/** The real nginx with the project's configuration before a service: events pass at once, operators' addresses do not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../platform/TestRedis.ts"
import { root } from "./dockerfile.ts"

const installed = spawnSync("nginx", ["-v"]).status === 0

const service = (answer: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(answer).listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) => Effect.sync(() => void (server.closeAllConnections(), server.close())),
  ).pipe(Effect.map((server) => (server.address() as AddressInfo).port))

/** With its files in a folder of its own; everything else as operators run it. */
const nginxBefore = Effect.fnUntraced(function* (chat: number) {
  const port = yield* freePort
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "nginx-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )
  const configuration = readFileSync(join(root, "ops/nginx/nginx.conf"), "utf8")
    .replaceAll("/tmp/", `${folder}/`)
    .replace("/dev/stdout", `${folder}/access.log`)
    .replace("/dev/stderr", `${folder}/error.log`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`)
    .replace("chat:8080", `127.0.0.1:${chat}`)
  writeFileSync(join(folder, "nginx.conf"), configuration)
  const words = ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`, "-g", "daemon off;"]
  const child = spawn("nginx", words, { stdio: "ignore" })
  const exited = once(child, "exit")
  yield* Effect.addFinalizer(() => Effect.promise(() => (child.kill("SIGTERM"), exited)))
  const base = `http://127.0.0.1:${port}`
  const attempts = Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 100 }))
  yield* Effect.retry(
    Effect.tryPromise(() => fetch(`${base}/metrics`)),
    attempts,
  )
  return { base, accessLog: () => readFileSync(join(folder, "access.log"), "utf8") }
})

describe.skipIf(!installed)("nginx (apt-get install nginx-light)", () => {
  it.live("hands on an event before the next one is there, and says nothing of what was asked", () =>
    Effect.gen(function* () {
      const more = Promise.withResolvers<void>()
      let forwarded: string | undefined
      const chat = yield* service(async (request, response) => {
        forwarded = request.headers["x-forwarded-for"]?.toString()
        response.writeHead(200, { "content-type": "text/event-stream", "x-turn-id": "a-turn" })
        response.write("id: a-turn-1\ndata: {}\n\n")
        await more.promise
        response.end("id: a-turn-2\ndata: {}\n\n")
      })
      const { accessLog, base } = yield* nginxBefore(chat)
      yield* Effect.promise(async () => {
        const response = await fetch(`${base}/api/chat?q=secretgoods`, { method: "POST", body: "{}" })
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
        assert.deepInclude(await reader?.read(), { value: "id: a-turn-1\ndata: {}\n\n" })
        more.resolve()
        assert.deepInclude(await reader?.read(), { value: "id: a-turn-2\ndata: {}\n\n" })
        assert.isTrue((await reader?.read())?.done)
      })
      assert.strictEqual(forwarded, "127.0.0.1")
      assert.include(accessLog(), '"POST /api/chat" 200')
      assert.notInclude(accessLog(), "secretgoods")
    }),
  )

  it.live("shows nobody what is for operators, and refuses what is too large, without asking the service", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const chat = yield* service((request, response) => void (asked.push(request.url), response.end("{}")))
      const { base } = yield* nginxBefore(chat)
      const statusOf = (path: string, init?: RequestInit) =>
        Effect.promise(async () => (await fetch(`${base}${path}`, init)).status)
      assert.strictEqual(yield* statusOf("/metrics"), 404)
      assert.strictEqual(yield* statusOf("/api/operator/cache", { method: "DELETE" }), 404)
      assert.strictEqual(yield* statusOf("/api/chat", { method: "POST", body: "x".repeat(70_000) }), 413)
      assert.deepStrictEqual(asked, [])
      assert.strictEqual(yield* statusOf("/api/hs/search?q=coffee"), 200)
      assert.deepStrictEqual(asked, ["/api/hs/search?q=coffee"])
    }),
  )
})
