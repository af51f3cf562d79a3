/** What the image holds is enough: the service runs from these files alone, as somebody who may not write among them. */
import { NodeServices } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { freePort } from "../platform/TestRedis.ts"
import { command, copies, environment, healthCheck, root, user } from "./dockerfile.ts"

const [uid = -1, gid = -1] = (user ?? "").split(":").map(Number)
/** Only root can become somebody else; anybody else is kept from writing by the files' modes alone. */
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid, gid } : {}

interface Lock {
  readonly packages: Record<string, { readonly dev?: true; readonly optional?: true; readonly devOptional?: true }>
}

/** What Node loads of a package, without the packages inside it, which the lock file lists by themselves. */
const loaded = (path: string) => (file: string) =>
  !/\.(?:map|md|[cm]?ts)$/.test(file) && !file.slice(join(root, path).length).includes("node_modules")

/** What the Dockerfile copies, and what `npm ci --omit=dev --omit=optional` installs. */
const fill = (image: string) => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock
  for (const [path, { dev, devOptional, optional }] of Object.entries(packages)) {
    if (path === "" || dev || devOptional || optional) continue
    cpSync(join(root, path), join(image, path), { recursive: true, filter: loaded(path) })
  }
  for (const { from, to } of copies) {
    mkdirSync(dirname(join(image, to)), { recursive: true })
    cpSync(join(root, from), join(image, to), { recursive: true })
  }
  cpSync(process.execPath, join(image, "node"))
  spawnSync("chmod", ["-R", "a+rX,a-w", image])
}

const folder = (name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), `hs-trade-chat-${name}-`))),
    (path) =>
      Effect.sync(() => {
        spawnSync("chmod", ["-R", "u+w", path])
        rmSync(path, { recursive: true })
      }),
  )

const writable = (name: string) =>
  Effect.tap(folder(name), (path) => Effect.sync(() => isRoot && chownSync(path, uid, gid)))

const database = Layer.unwrap(Effect.map(folder("postgres"), EmbeddedPostgres.layer)).pipe(
  Layer.provideMerge(NodeServices.layer),
)

const listening = (child: ChildProcess) =>
  Effect.callback<void, string>((resume) => {
    let output = ""
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes("listens on")) resume(Effect.void)
    }
    child.stdout?.on("data", read)
    child.stderr?.on("data", read)
    child.once("exit", () => resume(Effect.fail(output)))
  })

it.live(
  "the image starts, is healthy by its own check, answers, and ends with code 0",
  () =>
    Effect.gen(function* () {
      const image = yield* folder("image")
      fill(image)
      const [data, tmp] = [yield* writable("data"), yield* writable("tmp")]
      const port = yield* freePort
      const env = {
        ...environment,
        PORT: `${port}`,
        DATA_DIR: data,
        TMPDIR: tmp,
        DATABASE_URL: Redacted.value((yield* EmbeddedPostgres).url),
        CONTEXT7_URL: "off",
      }
      const options = { cwd: image, env, ...identity }
      const child = spawn(join(image, "node"), command.slice(1), options)
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      yield* listening(child)
      const healthy = spawnSync(join(image, "node"), healthCheck.slice(1), options)
      assert.strictEqual(healthy.status, 0, healthy.stderr.toString())
      const answer = yield* Effect.promise(async () => {
        const headers = { "content-type": "application/json" }
        const body = JSON.stringify({ message: "8517.13" })
        return (await fetch(`http://127.0.0.1:${port}/api/chat`, { method: "POST", headers, body })).text()
      })
      assert.include(answer, '"status":"completed"')
      const written = spawnSync("sh", ["-c", "echo x > src/main.ts"], options)
      assert.notStrictEqual(written.status, 0)
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      assert.deepStrictEqual(yield* Effect.promise(() => ended), [0, null])
      const ill = spawnSync(join(image, "node"), healthCheck.slice(1), options)
      assert.strictEqual(ill.status, 1)
    }).pipe(Effect.provide(database)),
  120_000,
)
