/** The commands of `docs/operations/backup.md`, run as they stand there. */
import { Effect, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

const document = readFileSync(`${root}/docs/operations/backup.md`, "utf8")

const commandsUnder = (heading: string): string => {
  const part = document.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ""
  return [...part.matchAll(/^ {4}(\S.*)$/gm)].map(([, line]) => line).join("\n")
}

const read = new Set<string>()

/** Headings with commands that were not run, of those that a pattern names. */
export const unread = (which: RegExp) =>
  document
    .split(/^## /m)
    .filter((part) => which.test(part) && /^ {4}\S/m.test(part))
    .map((part) => part.slice(0, part.indexOf("\n")))
    .filter((heading) => !read.has(heading))

/** Runs words with these variables and nothing else of ours. */
const run = Effect.fnUntraced(function* (words: ReadonlyArray<string>, env: Record<string, string>) {
  const [command = "", ...args] = words
  const child = yield* ChildProcess.make(command, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", LC_ALL: "C.UTF-8", ...env },
    extendEnv: false,
    stdin: "ignore",
    cwd: root,
  })
  const [said, code] = yield* Effect.all([child.all.pipe(Stream.decodeText(), Stream.mkString), child.exitCode], {
    concurrency: "unbounded",
  })
  return { said, code: Number(code) }
}, Effect.scoped)

/** Runs what stands under a heading; `prefix` changes the user. */
export const documented = (heading: string, env: Record<string, string>, prefix: ReadonlyArray<string> = []) => {
  read.add(heading)
  return run([...prefix, "bash", "-euo", "pipefail", "-c", commandsUnder(heading)], env)
}

export const script = (name: string, env: Record<string, string>, ...args: ReadonlyArray<string>) =>
  run([process.execPath, `${root}/scripts/${name}.ts`, ...args], env)

export const backUp = (DATA_DIR: string, BACKUP: string) => documented("The embedded server", { DATA_DIR, BACKUP })
export const restore = (DATA_DIR: string, BACKUP: string) =>
  documented("The embedded server, back again", { DATA_DIR, BACKUP })
