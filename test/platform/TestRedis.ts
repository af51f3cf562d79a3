/** A Redis of a test's own, where it is installed (`apt-get install redis-server`). */
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { spawnSync } from "node:child_process"
import { createServer } from "node:net"

export const installed = spawnSync("redis-server", ["--version"]).status === 0

export const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address ? address.port : 0)))
  })
})

export const startAt = Effect.fnUntraced(function* (port: number) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const child = yield* ChildProcess.make(
    "redis-server",
    ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder],
    { stdin: "ignore" },
  )
  yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.takeUntil((line) => line.includes("Ready to accept connections")),
    Stream.runDrain,
  )
  return child
})

export const startRedis = Effect.gen(function* () {
  const port = yield* freePort
  return { child: yield* startAt(port), port, url: `redis://127.0.0.1:${port}`, startAgain: startAt(port) }
})

export const keysAt = (port: number) =>
  Effect.sync(() => spawnSync("redis-cli", ["-p", `${port}`, "keys", "*"], { encoding: "utf8" }).stdout)
