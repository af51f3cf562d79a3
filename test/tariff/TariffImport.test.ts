import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { DateTime, Effect, FileSystem, Layer, Path } from "effect"
import { fileURLToPath } from "node:url"
import { type ImportOptions, TariffImport } from "../../src/tariff/TariffImport.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

const run = (file: string, options: Partial<ImportOptions> = {}) =>
  Effect.flatMap(TariffImport, ({ importFile }) =>
    importFile({ file, effective: "2026-01-01", skipBad: false, dryRun: false, onProgress: () => {}, ...options }),
  )

const linesOf = (layout: string) =>
  Effect.flatMap(
    PgClient.PgClient,
    (sql) =>
      sql<{
        code: string | null
        name_ko: string | null
        name_en: string | null
        units: Array<string>
        rates: any
        parent: number | null
        position: number
      }>`
      SELECT code, name_ko, name_en, units, rates, parent, position FROM tariff_lines JOIN tariff_schedules USING (schedule_id)
      WHERE layout = ${layout} ORDER BY schedule_id, position`,
  )

/** A copy of a fixture with its text changed, in a folder that goes away. */
const amended = (name: string, change: (text: string) => string | Uint8Array) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(yield* fs.makeTempDirectoryScoped(), "copy")
    const changed = change(yield* fs.readFileString(fixture(name)))
    yield* fs.writeFile(file, typeof changed === "string" ? new TextEncoder().encode(changed) : changed)
    return file
  })

layer(TariffImport.layer.pipe(Layer.provideMerge(migratedDatabase)))("an import", (it) => {
  it.effect("takes the United States' schedule with its hierarchy and inherited rates", () =>
    Effect.gen(function* () {
      const report = yield* run(fixture("united-states.csv"))
      assert.deepStrictEqual(
        [report.layout, report.outcome, report.lines, report.unparsedRates],
        ["us-hts", "imported", 7, 1],
      )
      const lines = yield* linesOf("us-hts")
      assert.deepStrictEqual(
        lines.map(({ code }) => code),
        ["9101", null, "910111", "91011140", "9101114010", "9101114020", "91011180"],
      )
      assert.deepStrictEqual(
        lines.map(({ parent }) => parent),
        [null, 1, 2, 3, 4, 4, 3],
      )
      assert.strictEqual(lines[0]?.name_en, "Watches, in gold:")
      assert.deepStrictEqual(lines[5]?.units, ["No.", "kg"])
      assert.strictEqual(lines[5]?.rates.inheritedFrom, "91011140")
      assert.deepStrictEqual(lines[5]?.rates.special[0].programs, ["AU", "KR"])
      assert.strictEqual(lines[6]?.rates.general[0].duties, null)
    }),
  )

  it.effect("takes Korea's names from every sheet of the workbook, each below the shorter code", () =>
    Effect.gen(function* () {
      const report = yield* run(fixture("korea-names.xlsx"))
      assert.deepStrictEqual([report.layout, report.lines], ["kr-names", 3])
      const lines = yield* linesOf("kr-names")
      assert.deepStrictEqual(
        lines.map(({ code, name_ko, name_en, parent }) => [code, name_ko, name_en, parent]),
        [
          ["85", "전기 기기", "Electrical machines", null],
          ["8517", "전화기", "Telephones", 1],
          ["8517130000", "똑똑한 전화기", "Clever telephones", 2],
        ],
      )
    }),
  )

  it.effect("takes Korea's codes in either encoding, whatever the order of the columns", () =>
    Effect.gen(function* () {
      const first = yield* run(fixture("korea-codes.csv"))
      assert.deepStrictEqual([first.layout, first.lines, first.outcome], ["kr-codes", 3, "imported"])
      const cp949 = yield* run(fixture("korea-codes.cp949.csv"), { effective: "2026-02-01" })
      assert.deepStrictEqual(cp949.changes?.renamed.count, 0)
      const shuffled = yield* amended("korea-codes.csv", (text) =>
        text
          .replace(/"[^"]*"/, "")
          .split("\n")
          .map((line) => line.split(",").reverse().join(","))
          .join("\n"),
      )
      const reversed = yield* run(shuffled, { effective: "2026-03-01" })
      assert.deepStrictEqual(
        [reversed.lines, reversed.changes?.new.count, reversed.changes?.gone.count, reversed.changes?.renamed.count],
        [3, 0, 0, 0],
      )
    }).pipe(Effect.scoped),
  )

  it.effect("changes nothing the second time, and replaces the version of the same date by another file", () =>
    Effect.gen(function* () {
      yield* run(fixture("united-states.csv"), { effective: "2027-01-01" })
      const again = yield* run(fixture("united-states.csv"), { effective: "2027-01-01" })
      assert.strictEqual(again.outcome, "unchanged")
      const other = yield* amended("united-states.csv", (text) =>
        text.replace("9101.11.40.20,5,Made in a town", "9101.11.40.30,5,Made at sea").replace("$2.25", "$2.50"),
      )
      const before = yield* run(other, { effective: "2027-01-01", dryRun: true })
      assert.strictEqual(before.outcome, "dry run")
      assert.deepStrictEqual(before.changes?.new.examples, ["9101114030 Made at sea"])
      assert.deepStrictEqual(before.changes?.gone.examples, ["9101114020 Made in a town"])
      assert.strictEqual(before.changes?.rates.count, 2)
      assert.strictEqual((yield* run(fixture("united-states.csv"), { effective: "2027-01-01" })).outcome, "unchanged")
      const replaced = yield* run(other, { effective: "2027-01-01" })
      assert.strictEqual(replaced.outcome, "replaced")
      const sql = yield* PgClient.PgClient
      const versions = yield* sql`SELECT 1 FROM tariff_schedules WHERE valid_from = '2027-01-01'`
      assert.lengthOf(versions, 1)
    }).pipe(Effect.scoped),
  )

  it.effect("is done once when two start at the same time", () =>
    Effect.gen(function* () {
      const two = yield* Effect.all(
        [1, 2].map(() => run(fixture("korea-names.xlsx"), { effective: "2028-01-01" })),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(two.map(({ outcome }) => outcome).sort(), ["imported", "unchanged"])
    }),
  )

  it.effect("names the row that is wrong and leaves nothing behind, or goes on when it may", () =>
    Effect.gen(function* () {
      const effective = "2029-01-01"
      const wrong = yield* amended("united-states.csv", (text) => text.replace("9101.11.80,3", "91O1.11.80,3"))
      const error = yield* Effect.flip(run(wrong, { effective }))
      assert.include(error.message, `line 8: "91O1.11.80" is no number of the schedule`)
      const sql = yield* PgClient.PgClient
      assert.lengthOf(yield* sql`SELECT 1 FROM tariff_schedules WHERE valid_from = ${effective}::date`, 0)
      const report = yield* run(wrong, { effective, skipBad: true })
      assert.deepStrictEqual([report.lines, report.bad.map(({ line }) => line)], [6, [8]])
      const cut = yield* amended("united-states.csv", (text) => text.slice(0, text.lastIndexOf(",") - 12))
      assert.include((yield* Effect.flip(run(cut, { effective: "2029-02-01" }))).message, "line 8: ")
      const twice = yield* amended("korea-codes.csv", (text) => text.replace("8517141000", "8517130000"))
      assert.include(
        (yield* Effect.flip(run(twice, { effective }))).message,
        "line 4: 8517130000 says something else than in line 2",
      )
      const repeated = yield* amended("korea-codes.csv", (text) => text + text.split("\n").at(-2) + "\n")
      const passed = yield* run(repeated, { effective })
      assert.deepStrictEqual([passed.lines, passed.bad.length], [3, 0])
    }).pipe(Effect.scoped),
  )

  it.effect("recognises what is no schedule before anything is written", () =>
    Effect.gen(function* () {
      const readme = fileURLToPath(new URL("../../README.md", import.meta.url))
      assert.strictEqual((yield* Effect.flip(run(readme)))._tag, "UnknownLayout")
      assert.strictEqual((yield* Effect.flip(run("nowhere.csv")))._tag, "UnreadableFile")
      const zip = yield* amended("korea-codes.csv", () => new TextEncoder().encode("PK\u0003\u0004 and nothing more"))
      assert.strictEqual((yield* Effect.flip(run(zip)))._tag, "UnreadableFile")
      const mixed = yield* amended(
        "korea-codes.csv",
        (text) => new Uint8Array([...new TextEncoder().encode(text), 0xff, 0xff, 0xff]),
      )
      assert.strictEqual((yield* Effect.flip(run(mixed, { effective: "2030-01-01" })))._tag, "UnreadableFile")
    }).pipe(Effect.scoped),
  )

  it.effect("holds from today when no date is given", () =>
    Effect.gen(function* () {
      const report = yield* run(fixture("korea-codes.csv"), { effective: null })
      assert.strictEqual(report.effective, DateTime.formatIsoDateUtc(yield* DateTime.now))
    }),
  )
})
