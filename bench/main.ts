/** Runs the benchmarks, or the one that is named: `npm run bench [-- NAME [ARGUMENTS]]`. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const benchmarks = ["recognition", "tariff", "context7", "history", "stream"]

const [name, ...given] = process.argv.slice(2)
if (name !== undefined && !benchmarks.includes(name)) {
  process.stderr.write(`no benchmark is called ${name}; there are ${benchmarks.join(", ")}\n`)
  process.exit(1)
}
for (const bench of name === undefined ? benchmarks : [name]) {
  const file = fileURLToPath(new URL(`${bench}.ts`, import.meta.url))
  const { status } = spawnSync(process.execPath, [file, ...given], { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
}
