/** The servers under test, each in a process of its own with the probe in it. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import type { Usage } from "./probe.ts"

export interface Server {
  readonly base: string
  /** What it has used since it was last asked. */
  readonly usage: () => Promise<Usage>
}

const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** `BENCH_PROFILE` names a folder for the CPU profiles of the service. */
const profile = process.env["BENCH_PROFILE"]

/** Its output is read on to the end: a server that cannot write its log any more would die of it. */
const started = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ""
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      said += piece
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
      if (address) resolve(address[0])
    })
    child.once("exit", () => reject(new Error(`a server did not start: ${said}`)))
  })

const launch = (
  file: string,
  args: ReadonlyArray<string>,
  variables: Record<string, string>,
  flags: ReadonlyArray<string>,
) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Server & { readonly child: ChildProcess }> => {
      const child = spawn(
        process.execPath,
        ["--expose-gc", "--import", fileAt("probe.ts"), ...flags, fileAt(file), ...args],
        { env: { PATH: process.env["PATH"], ...variables }, stdio: ["ignore", "pipe", "inherit", "ipc"] },
      )
      const base = await started(child)
      const usage = async () => {
        child.send("usage")
        const [answer] = await once(child, "message")
        return answer as Usage
      }
      return { base, usage, child }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        const ended = once(child, "exit")
        child.kill("SIGTERM")
        await ended
      }),
  )

export const startService = (variables: Record<string, string>) =>
  launch(
    "../../src/main.ts",
    [],
    {
      PORT: "0",
      RATE_LIMIT_GUEST: "off",
      RATE_LIMIT_MEMBER: "off",
      CONTEXT7_URL: "off",
      LOG_LEVEL: "error",
      ...variables,
    },
    profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  )

export const startBaseline = (recordings: string, databaseUrl: string, pace: "at once" | "one by one") =>
  launch("baseline.ts", [recordings, databaseUrl, pace], {}, [])
