/** Through nginx with its default proxy settings: nothing is held back. Skipped where nginx is not installed. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, FileSystem, Layer, Schedule } from "effect"
import { ChildProcess } from "effect/process"
import { spawnSync } from "node:child_process"
import { chatTurn, harmonizedSystem, historyInMemory, modelWaiting } from "../chat/TestRooms.ts"
import { freePort } from "../platform/TestRedis.ts"
import { edge } from "./Edge.ts"
import { baseUrl } from "./TestService.ts"

const installed = spawnSync("nginx", ["-v"]).status === 0

const nginx = (upstream: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const port = yield* freePort
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    )
    yield* fs.writeFileString(
      `${folder}/nginx.conf`,
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
       events {}
       http { access_log off; ${paths.join(" ")} server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } } }`,
    )
    yield* ChildProcess.make("nginx", ["-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`], { stdin: "ignore" })
    const base = `http://127.0.0.1:${port}`
    yield* Effect.tryPromise(() => fetch(`${base}/health/live`)).pipe(Effect.retry(Schedule.spaced("20 millis")))
    return base
  })

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
      const history = historyInMemory({ begun: [], completed: [] })
      const service = edge({ RATE_LIMIT_GUEST: "off" }, history, chatTurn(modelWaiting(go), history)).pipe(
        Layer.provide(harmonizedSystem),
      )
      yield* Effect.gen(function* () {
        const base = yield* nginx(yield* baseUrl)
        const init = {
          method: "POST",
          headers: { "content-type": "application/json", "accept-encoding": "gzip, br" },
          body: JSON.stringify({ message: "8517.13" }),
        }
        const response = yield* Effect.promise(() => fetch(`${base}/api/chat`, init))
        assert.isNull(response.headers.get("content-encoding"))
        const until = reading(response)
        const first = yield* until("event: main_message_data")
        const turn = `${base}/api/chat/turns/${response.headers.get("x-turn-id")}/events`
        const resumed = yield* Effect.promise(() => fetch(`${turn}?after=2`))
        yield* Deferred.succeed(go, undefined)
        const whole = yield* until("event: stream_end")
        assert.isTrue(whole.startsWith(first))
        const rest = yield* reading(resumed)("event: stream_end")
        assert.strictEqual(rest, whole.slice(whole.indexOf("\n\n", whole.indexOf("-2\n")) + 2))
        const over = yield* Effect.promise(() => fetch(`${turn}?after=100`))
        assert.strictEqual(over.status, 204)
      }).pipe(Effect.provide(service))
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )
})
