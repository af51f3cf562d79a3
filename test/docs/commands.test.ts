/** The documents speak of what there is: files, commands, variables, alerts, and requests that are answered as they say. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { startService } from "../ServiceProcess.ts"

const root = join(import.meta.dirname, "../..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const under = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path))

const documents = ["README.md", "README.ko.md", ...under("docs", ".md")]
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts)
const sources = [...under("src", ".ts"), ...under("scripts", ".ts"), ...under("bench", ".ts"), ...under("test", ".ts")]
  .map(read)
  .join("\n")
const operated = [
  ".env.example",
  "compose.yaml",
  "Dockerfile",
  "ops/deploy",
  "ops/rollback",
  ...under("ops", ".yaml"),
  ...under("ops", ".env"),
]
  .map(read)
  .join("\n")

/** The anchor that a heading gets. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")
const anchorsIn = (path: string) => [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => anchorOf(title))

describe.each(documents)("%s", (path) => {
  const text = read(path)

  it("leads to files and headings that are there", () => {
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = "", anchor] = target.split("#")
      const found = file === "" ? path : relative(root, join(root, dirname(path), file))
      assert.isTrue(existsSync(join(root, found)), target)
      if (anchor !== undefined) assert.include(anchorsIn(found), decodeURIComponent(anchor), target)
    }
  })

  it("names tests, sources and files that are there", () => {
    for (const [, name = ""] of text.matchAll(/`((?:src|test|ops|bench|scripts|migrations|docs)\/[\w./-]+)`/g)) {
      assert.isTrue(existsSync(join(root, name)), name)
    }
  })

  it("names commands that are there", () => {
    for (const [, name = ""] of text.matchAll(/\bnpm run (?:-s |--silent )?([\w:-]+)/g)) assert.include(scripts, name)
    for (const [, name = ""] of text.matchAll(/^ {4}(?:\w+=\S+ )*node ((?:bench|scripts)\/\S+)/gm))
      assert.isTrue(existsSync(join(root, name)), name)
  })

  it("names variables that something reads", () => {
    for (const [, name = ""] of text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g)) {
      assert.isTrue(sources.includes(name) || operated.includes(name), name)
    }
  })
})

describe("docs/api.md", () => {
  it("says what every request is answered with", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hs-trade-chat-"))
    const { child, exited, url } = startService({ DATA_DIR: directory })
    try {
      const base = await url
      const token = spawnSync(process.execPath, [join(root, "scripts/token.ts"), "alice"], {
        env: { ...process.env, DATA_DIR: directory },
      })
      const requests = [...read("docs/api.md").matchAll(/^ {4}curl (.*?)\s+# (\d{3})$/gm)]
      assert.isAtLeast(requests.length, 15)
      for (const [, line = "", status] of requests) {
        const command = `curl -s -o /dev/null -w '%{http_code}' -g ${line.replaceAll("localhost:8080", base)}`
        const { stdout } = spawnSync("sh", ["-c", command], {
          env: { ...process.env, TOKEN: token.stdout.toString().trim() },
          encoding: "utf8",
        })
        assert.strictEqual(stdout, status, line)
      }
    } finally {
      child.kill("SIGTERM")
      await exited
      rmSync(directory, { recursive: true })
    }
  })
})
