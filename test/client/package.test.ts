/** The client as frontends install it: built, on its own, on every Node that is here. */
import { execFile, execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { assert, beforeAll, describe, test } from "vitest"
import { eventNames } from "../../src/domain/ChatEvent.ts"
import { readEvent } from "../../src/client/events.ts"
import { wait } from "../../src/client/patience.ts"
import { failureOf } from "./reading.ts"
import { end, piece, scripted, stream } from "./ScriptedServer.ts"

const run = promisify(execFile)
const root = join(import.meta.dirname, "../..")

const programs = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter((program) => existsSync(program))
const byVersion = new Map(
  programs.map((program) => [execFileSync(program, ["-v"], { encoding: "utf8" }).trim(), program]),
)

const reader = (baseUrl: string) => `
  import { createChatClient } from "hs-trade-chat/client"
  const chat = createChatClient({ baseUrl: ${JSON.stringify(baseUrl)}, patience: { firstDelay: 1 } })
  for await (const event of chat.send({ message: "coffee" }).events) console.log(event.eventType, event.sequence)`

describe("the package hs-trade-chat/client", () => {
  beforeAll(() => run("npm", ["run", "--silent", "build:client"], { cwd: root }))

  test.each([...byVersion])("reads a turn over two connections on Node %s", async (_, program) => {
    const { baseUrl } = await scripted(stream(piece(1, "a")), stream(end(2)))
    const { stdout } = await run(program, ["--input-type=module", "-e", reader(baseUrl)], { cwd: root })
    assert.strictEqual(stdout, "main_message_data 1\nstream_end 2\n")
  })

  test("imports its own files and eventsource-parser, and nothing else", () => {
    const folder = join(root, "dist/client")
    const files = readdirSync(folder).filter((name) => name.endsWith(".js"))
    const imported = files.flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/(?:from|import\(?) ?"([^"]+)"/g)].map(([, what]) => what),
    )
    const others = imported.filter((what) => !files.includes(what?.replace(/^\.\//, "") ?? ""))
    assert.deepStrictEqual(new Set(others), new Set(["eventsource-parser"]))
  })
})

test("the client knows every event of the service by name", () => {
  for (const eventType of eventNames) {
    const data = JSON.stringify({ eventType, sequence: 1, timestamp: "2026-01-01T00:00:00.000Z" })
    assert.strictEqual(readEvent({ data })?.eventType, eventType)
  }
})

test("a wait ends by itself or with its signal's reason", async () => {
  const { signal } = new AbortController()
  await wait(0, signal)
  const leaving = new AbortController()
  const waiting = wait(3_600_000, leaving.signal)
  leaving.abort("gone")
  assert.strictEqual(await failureOf(waiting), "gone")
  assert.strictEqual(await failureOf(wait(3_600_000, AbortSignal.abort("before"))), "before")
})
