import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startService as start } from "./ServiceProcess.ts"

const dataDir = () => mkdtempSync(join(tmpdir(), "hs-trade-chat-"))

const postmaster = (directory: string): number | null => {
  const file = join(directory, "postgres", "postmaster.pid")
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : null
}

const lives = (pid: number | null): boolean => pid !== null && existsSync(`/proc/${pid}`)

const ask = async (url: string, token?: string) => {
  const response = await fetch(`${url}/api/chat`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ message: "8517.13" }),
  })
  return response.text()
}

describe("the process", () => {
  it("starts, serves, stops on SIGTERM with code 0 and leaves no PostgreSQL; what was recorded is there again", async () => {
    const directory = dataDir()
    const first = start({ DATA_DIR: directory })
    const url = await first.url
    const token = spawnSync(process.execPath, [new URL("../scripts/token.ts", import.meta.url).pathname, "alice"], {
      env: { ...process.env, DATA_DIR: directory },
    })
      .stdout.toString()
      .trim()
    assert.include(await ask(url, token), "event: member_record_saved")
    const pid = postmaster(directory)
    assert.isTrue(lives(pid))
    first.child.kill("SIGTERM")
    assert.strictEqual(await first.exited, 0)
    assert.isFalse(lives(pid))
    assert.isNull(postmaster(directory))
    assert.notInclude(first.output(), token)

    const second = start({ DATA_DIR: directory })
    const history = await fetch(`${await second.url}/api/chat/history`, {
      headers: { authorization: `Bearer ${token}` },
    })
    assert.include(await history.text(), '"messageCount":2')
    second.child.kill("SIGINT")
    assert.strictEqual(await second.exited, 0)
    rmSync(directory, { recursive: true })
  })

  it("refuses a DATA_DIR that another process uses, and takes one whose process was killed", async () => {
    const directory = dataDir()
    const first = start({ DATA_DIR: directory })
    await first.url
    const second = start({ DATA_DIR: directory })
    assert.strictEqual(await second.exited, 1)
    assert.match(second.output(), /^hs-trade-chat: DATA_DIR=\S+ is in use by another process .*DATABASE_URL\n$/)
    first.child.kill("SIGKILL")
    await first.exited
    const third = start({ DATA_DIR: directory })
    assert.include(await ask(await third.url), "event: stream_end")
    third.child.kill("SIGTERM")
    assert.strictEqual(await third.exited, 0)
    rmSync(directory, { recursive: true })
  })

  it("says in one line which port is taken", async () => {
    const directory = dataDir()
    const taken = createServer().listen(0, "127.0.0.1")
    await once(taken, "listening")
    const port = String((taken.address() as { port: number }).port)
    const service = start({ DATA_DIR: directory, PORT: port })
    assert.strictEqual(await service.exited, 1)
    assert.match(service.output(), new RegExp(`^hs-trade-chat: cannot listen on 127.0.0.1:${port} .*PORT=0.*\\n$`))
    taken.close()
    rmSync(directory, { recursive: true })
  })

  const wrong: ReadonlyArray<[string, Record<string, string>, RegExp]> = [
    [
      "an unreachable database",
      { DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/x" },
      /^hs-trade-chat: cannot reach PostgreSQL at postgres:\/\/u@127\.0\.0\.1:1\/x .*DATABASE_URL/,
    ],
    ["a bad port", { PORT: "http" }, /^hs-trade-chat: PORT="http" cannot be used/],
    [
      "a short secret, without showing it",
      { JWT_SECRET: "hunter2" },
      /^hs-trade-chat: JWT_SECRET cannot be used: expected at least 32 bytes/,
    ],
    [
      "a secret and a key set at once",
      { JWT_SECRET: "hunter2hunter2hunter2hunter2hunter2", JWT_JWKS_URL: "https://id.example/keys" },
      /^hs-trade-chat: JWT_JWKS_URL="https:\/\/id\.example\/keys" cannot be used: JWT_SECRET is set as well/,
    ],
    [
      "a Context7 address that is none",
      { CONTEXT7_URL: "ftp://x" },
      /^hs-trade-chat: CONTEXT7_URL="ftp:\/\/x" cannot be used/,
    ],
    [
      "a listed model without its key",
      { ANSWER_MODEL: "anthropic" },
      /^hs-trade-chat: ANTHROPIC_API_KEY cannot be used: expected a key, because ANSWER_MODEL lists anthropic/,
    ],
    [
      "a filter that is neither on nor off",
      { TRADE_FILTER: "yes" },
      /^hs-trade-chat: TRADE_FILTER="yes" cannot be used/,
    ],
    [
      "a duration without a unit",
      { CONTEXT7_URL: "stdio", CONTEXT7_TIMEOUT: "5" },
      /^hs-trade-chat: CONTEXT7_TIMEOUT="5" cannot be used/,
    ],
  ]
  it.each(wrong)("refuses %s in one line", async (_, env, line) => {
    const directory = dataDir()
    const service = start({ DATA_DIR: directory, ...env })
    assert.strictEqual(await service.exited, 1)
    assert.match(service.output(), line)
    assert.notInclude(service.output(), "hunter2")
    assert.strictEqual(service.output().trim().split("\n").length, 1)
    rmSync(directory, { recursive: true, force: true })
  })
})
