/** Two instances with one PostgreSQL and one Redis: what one began, the other serves. Skipped without redis-server. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { providerServer, wires } from "../answer/ProviderServer.ts"
import { installed, startRedis } from "../platform/TestRedis.ts"
import { emptyDatabase } from "../platform/TestDatabase.ts"
import { startService } from "../ServiceProcess.ts"

const [, openai] = wires

const instance = (env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync(() => startService(env)),
    ({ child, exited }) => Effect.promise(() => (child.kill("SIGKILL"), exited)),
  )

/** Two of them, whose model says `first ` and then what the test lets it. */
const two = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const redis = yield* startRedis
  const database = yield* EmbeddedPostgres
  const model = yield* providerServer(({ write }) => write(openai.start + openai.text("first ")))
  const env = {
    DATABASE_URL: Redacted.value(database.url),
    REDIS_URL: redis.url,
    ANSWER_MODEL: "openai",
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: `${model.url}/v1`,
    ANSWER_IDLE_TIMEOUT: "1 minute",
    JWT_SECRET: "0123456789abcdef0123456789abcdef",
    DATA_DIR: yield* fs.makeTempDirectoryScoped(),
  }
  const [first, second] = [yield* instance(env), yield* instance(env)]
  const urls = yield* Effect.promise(() => Promise.all([first.url, second.url]))
  const goOn = () => {
    for (const { end, write } of model.exchanges) {
      write(openai.text("second") + openai.finish("stop"))
      end()
    }
  }
  return { first, redis, urls, goOn, asked: () => model.exchanges.length }
})

const json = { "content-type": "application/json" }

/** Asks, and stays with the stream. */
const ask = (base: string, headers: Record<string, string> = {}) =>
  Effect.promise(async () => {
    const body = JSON.stringify({ message: "가죽 지갑 HS코드" })
    const response = await fetch(`${base}/api/chat`, { method: "POST", headers: { ...json, ...headers }, body })
    return reading(response)
  })

const follow = (base: string, turnId: string, after: number) =>
  Effect.promise(async () => reading(await fetch(`${base}/api/chat/turns/${turnId}/events?after=${after}`)))

const reading = (response: Response) => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  const until = (wanted: string) =>
    Effect.promise(async () => {
      while (!text.includes(wanted)) {
        const chunk = await reader?.read().catch(() => undefined)
        if (chunk === undefined || chunk.done) break
        text += chunk.value
      }
      return text
    })
  return { status: response.status, turnId: response.headers.get("x-turn-id") ?? "", until }
}

const idsOf = (text: string) => [...text.matchAll(/^id: .{36}-(\d+)$/gm)].map(([, id]) => Number(id))
const cut = (text: string, after: number) => text.slice(text.indexOf("\n\n", text.indexOf(`-${after}\n`)) + 2)
const data = "event: main_message_data"

/** Milliseconds: two processes start for each test, on machines that may be busy. */
const patience = 60_000

layer(emptyDatabase, { excludeTestServices: true })((it) => {
  describe.skipIf(!installed)("two instances (needs redis-server)", () => {
    it.effect(
      "serve the rest of each other's turns, stop them, and know a retry",
      () =>
        Effect.gen(function* () {
          const { asked, goOn, urls } = yield* two
          const [one, other] = urls
          const turn = yield* ask(one)
          const after = idsOf(yield* turn.until(data)).at(-1) ?? 0
          const elsewhere = yield* follow(other, turn.turnId, after)
          goOn()
          const whole = yield* turn.until("event: stream_end")
          assert.strictEqual(yield* elsewhere.until("event: stream_end"), cut(whole, after))

          const long = yield* ask(one)
          yield* long.until(data)
          const stopped = yield* Effect.promise(() =>
            fetch(`${other}/api/chat/turns/${long.turnId}`, { method: "DELETE" }),
          )
          assert.strictEqual(stopped.status, 204)
          const cancelled = yield* long.until("event: stream_end").pipe(Effect.timeout("1 second"))
          assert.include(cancelled, '"status":"cancelled"')

          const before = asked()
          const key = { "idempotency-key": "one question" }
          const [left, right] = yield* Effect.all([ask(one, key), ask(other, key)], { concurrency: "unbounded" })
          assert.strictEqual(left.turnId, right.turnId)
          yield* left.until(data)
          goOn()
          assert.strictEqual(yield* left.until("event: stream_end"), yield* right.until("event: stream_end"))
          assert.strictEqual(asked() - before, 1)
        }),
      patience,
    )

    it.effect(
      "give a reader what was said and a clear end when the one that ran the turn is killed",
      () =>
        Effect.gen(function* () {
          const { first, urls } = yield* two
          const [one, other] = urls
          const turn = yield* ask(one)
          const said = yield* turn.until(data)
          const elsewhere = yield* follow(other, turn.turnId, 0)
          yield* elsewhere.until(data)
          first.child.kill("SIGKILL")
          const text = yield* elsewhere.until("event: stream_end")
          assert.isTrue(text.startsWith(said.slice(0, said.lastIndexOf("\n\n"))))
          assert.include(text, '"errorCode":"TURN_LOST"')
          assert.include(text.slice(text.indexOf("event: stream_end")), '"status":"partial"')
          assert.deepStrictEqual(
            idsOf(text),
            idsOf(text).map((_, index) => index + 1),
          )
          const over = yield* follow(other, turn.turnId, idsOf(text).length)
          assert.strictEqual(over.status, 204)
        }),
      patience,
    )

    it.effect(
      "go on with their own turns when Redis dies",
      () =>
        Effect.gen(function* () {
          const { goOn, redis, urls } = yield* two
          const turn = yield* ask(urls[0])
          yield* turn.until(data)
          yield* redis.child.kill({ killSignal: "SIGKILL" })
          const elsewhere = `${urls[1]}/api/chat/turns/${turn.turnId}`
          for (const [path, method] of [
            ["/events", "GET"],
            ["", "DELETE"],
          ] as const) {
            const refused = yield* Effect.promise(() => fetch(`${elsewhere}${path}`, { method }))
            assert.strictEqual(refused.status, 503)
            assert.isNotNull(refused.headers.get("retry-after"))
          }
          goOn()
          assert.include(yield* turn.until("event: stream_end"), '"status":"completed"')
          const next = yield* ask(urls[0])
          yield* next.until(data)
          goOn()
          assert.include(yield* next.until("event: stream_end"), '"status":"completed"')
        }),
      patience,
    )
  })
})
