/** The service as a process of its own, with nothing of our environment but what is given. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"

const script = new URL("../src/main.ts", import.meta.url).pathname

export const startService = (env: Record<string, string>) => {
  const child = spawn(process.execPath, ["--max-old-space-size=768", script], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      CONTEXT7_URL: "off",
      PORT: "0",
      LOG_FORMAT: "json",
      ...env,
    },
    cwd: tmpdir(),
  })
  let output = ""
  const read = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on("data", read)
  child.stderr.on("data", read)
  const exited = once(child, "exit").then(([code]) => code as number | null)
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = /listens on (http:\/\/\S+)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
    void exited.then((code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  url.catch(() => undefined)
  return { child, exited, url, output: () => output }
}
