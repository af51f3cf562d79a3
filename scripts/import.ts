/**
 * Imports a published tariff schedule: `npm run import -- FILE [--effective 2026-01-01] [--dry-run] [--skip-bad]`. Works
 * beside a running service, which takes the new lines up at once, or without one.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema } from "effect"
import { existsSync } from "node:fs"
import { parseArgs } from "node:util"
import { DateText } from "../src/domain/Tariff.ts"
import * as Database from "../src/platform/Database.ts"
import type { Change } from "../src/tariff/changes.ts"
import { type ImportReport, TariffImport } from "../src/tariff/TariffImport.ts"

if (existsSync(".env")) process.loadEnvFile()

const usage = "usage: npm run import -- FILE [--effective 2026-01-01] [--dry-run] [--skip-bad]"

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    effective: { type: "string" },
    "dry-run": { type: "boolean", default: false },
    "skip-bad": { type: "boolean", default: false },
  },
})

const count = (value: number): string => value.toLocaleString("en-US")

const changeLines = (what: string, { count: number, examples }: Change) => [
  `  ${what.padEnd(14)} ${count(number).padStart(7)}`,
  ...examples.map((example) => `    ${example.slice(0, 110)}`),
]

const describe = (report: ImportReport): string =>
  [
    `${report.source} (${report.country}), from ${report.effective}: ${report.outcome}`,
    ...(report.outcome === "unchanged"
      ? []
      : [
          `  lines          ${count(report.lines).padStart(7)}`,
          `  rates as text  ${count(report.unparsedRates).padStart(7)}`,
          `  bad rows       ${count(report.bad.length).padStart(7)}`,
          ...report.bad.map(
            ({ sheet, line, reason }) => `    ${sheet === null ? "" : `${sheet}, `}line ${line}: ${reason}`,
          ),
          ...(report.changes === null
            ? []
            : [
                ...changeLines("new lines", report.changes.new),
                ...changeLines("gone lines", report.changes.gone),
                ...changeLines("renamed lines", report.changes.renamed),
                ...changeLines("changed rates", report.changes.rates),
              ]),
        ]),
  ].join("\n")

const width = 30

/** Rewrites one line of a terminal; says nothing elsewhere. */
const progress = (lines: number, read: number) => {
  if (!process.stderr.isTTY) return
  const done = Math.round(read * width)
  const bar = `${"#".repeat(done)}${"-".repeat(width - done)}`
  process.stderr.write(`\r[${bar}] ${Math.round(read * 100)} %, ${count(lines)} lines`)
}

const main = Effect.gen(function* () {
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) return yield* Effect.fail(new Error(usage))
  const effective = options.effective ?? null
  if (effective !== null && !Schema.is(DateText)(effective))
    return yield* Effect.fail(new Error(`--effective ${effective} is no date as 2026-01-01`))
  const { importFile } = yield* TariffImport
  const report = yield* importFile({
    file,
    effective,
    skipBad: options["skip-bad"],
    dryRun: options["dry-run"],
    onProgress: progress,
  })
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")
  yield* Console.log(describe(report))
}).pipe(
  Effect.provide(TariffImport.layer.pipe(Layer.provide(Database.layerShared))),
  Effect.tapError((error) => Console.error(`import: ${error.message}`)),
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
