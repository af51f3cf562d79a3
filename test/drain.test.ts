/** What readers and newcomers see of a process that is told to stop. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { providerServer, wires } from "./answer/ProviderServer.ts"
import { startService } from "./ServiceProcess.ts"

const [, openai] = wires

/** Milliseconds: a process starts, on a machine that may be busy. */
const patience = 60_000

it.live(
  "a process that is told to stop ends the turns that run, takes no other, and says so",
  () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const model = yield* providerServer(({ write }) => write(openai.start + openai.text("first ")))
      const { child, exited, url } = startService({
        DATA_DIR: yield* fs.makeTempDirectoryScoped(),
        ANSWER_MODEL: "openai",
        OPENAI_API_KEY: "key",
        OPENAI_BASE_URL: `${model.url}/v1`,
        ANSWER_IDLE_TIMEOUT: "1 minute",
      })
      yield* Effect.promise(async () => {
        const base = await url
        const ask = () =>
          fetch(`${base}/api/chat`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ message: "8517.13" }),
          })
        const reader = (await ask()).body?.pipeThrough(new TextDecoderStream()).getReader()
        let text = ""
        const until = async (wanted: string) => {
          while (!text.includes(wanted)) {
            const chunk = await reader?.read()
            if (chunk === undefined || chunk.done) return
            text += chunk.value
          }
        }
        await until("event: main_message_data")
        child.kill("SIGTERM")
        let ready = await fetch(`${base}/health/ready`)
        while (ready.status === 200) ready = await fetch(`${base}/health/ready`)
        assert.strictEqual(ready.status, 503)
        const refused = await ask()
        assert.strictEqual(refused.status, 503)
        assert.isNotNull(refused.headers.get("retry-after"))
        assert.deepInclude(await refused.json(), { code: "HTTP_503" })
        for (const { end, write } of model.exchanges) {
          write(openai.text("second") + openai.finish("stop"))
          end()
        }
        await until("event: stream_end")
        assert.include(text, '"fullContent":"first second')
        assert.include(text, '"status":"completed"')
        assert.strictEqual(await exited, 0)
      })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  patience,
)
