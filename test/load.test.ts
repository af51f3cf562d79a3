/** `npm run load` in its quickest form: every figure is there, and nothing was lost. Skipped without redis-server. */
import { assert, describe, test } from "vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { kpis, type Results, tableOf } from "../bench/load/kpis.ts"
import { installed } from "./platform/TestRedis.ts"

const quickest = ["--quick", "--measure", "0.5s", "--soak", "3s", "--steps", "8", "--rate", "40"]

const load = async (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../bench/load.ts"), ...args])
  let said = ""
  child.stdout.on("data", (piece: Buffer) => (said += piece.toString()))
  child.stderr.on("data", (piece: Buffer) => (said += piece.toString()))
  await once(child, "close")
  return said
}

describe.skipIf(!installed)("npm run load (needs redis-server)", () => {
  test(
    "tells every figure in one table, keeps them, and loses no turn and no record",
    { timeout: 120_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "load-"))
      try {
        const file = join(folder, "results.json")
        const said = await load(...quickest, "--out", file)
        const { results } = JSON.parse(readFileSync(file, "utf8")) as { readonly results: Required<Results> }
        assert.include(said, tableOf(results), said)
        for (const { name } of Object.values(kpis)) assert.include(said, `| ${name} |`)
        for (const id of ["recordsWrong", "plainErrors", "spikeLost", "slowLost"] as const) {
          assert.strictEqual(results[id].value, 0, `${kpis[id].name}: ${results[id].note}`)
        }
        for (const id of ["availability", "stability", "recovery"] as const) {
          assert.strictEqual(results[id].value, 100, `${kpis[id].name}: ${results[id].note}`)
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})

test("a figure that misses its target is marked, and an older run stands beside it with the change", () => {
  const before: Results = { turnOff: { value: 200 }, availability: { value: 100 } }
  const now: Results = { turnOff: { value: 301, note: "10 turns" }, availability: { value: 99.9 } }
  const rows = tableOf(now, before).split("\n")
  assert.deepStrictEqual(rows.slice(2), [
    "| whole turn p95 without Context7 | ≤ 300 ms | 301 ms (10 turns) | **no** | 200 ms | +50.5 % |",
    "| availability in the soak | ≥ 99.9 % | 99.900 % | yes | 100.000 % | −0.1 % |",
  ])
})

test("an option that does not exist is refused by its name", async () => {
  assert.include(await load("--sook", "10m"), "there is no option --sook")
})
