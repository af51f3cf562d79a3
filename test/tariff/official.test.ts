/** The published files themselves, where a developer has them beside the checkout: skipped elsewhere. */
import { assert, describe, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { parse } from "csv-parse/sync"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type ImportOptions, TariffImport } from "../../src/tariff/TariffImport.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const folder = fileURLToPath(new URL("../../../shared/hs/official", import.meta.url))
const here = existsSync(folder)
const file = (part: string) =>
  `${folder}/${(here ? readdirSync(folder) : []).find((name) => name.includes(part)) ?? part}`

const run = (path: string, options: Partial<ImportOptions> = {}) =>
  Effect.flatMap(TariffImport, ({ importFile }) =>
    importFile({
      file: path,
      effective: "2026-01-01",
      skipBad: false,
      dryRun: false,
      onProgress: () => {},
      ...options,
    }),
  )

const tables = Layer.provideMerge(TariffImport.layer, migratedDatabase)

describe.skipIf(!here)(`the published schedules (needs ${folder})`, () => {
  layer(tables)("imported whole", (it) => {
    it.effect("United States: as many lines as the file has records, each as it stands there", () =>
      Effect.gen(function* () {
        const path = file("hts_2026")
        const records = (parse(readFileSync(path), { bom: true }) as Array<Array<string>>).slice(1)
        const report = yield* run(path)
        assert.strictEqual(report.lines, records.length)
        assert.isBelow(report.unparsedRates, 400)
        const sql = yield* PgClient.PgClient
        for (let picked = 10; picked < records.length; picked += Math.floor(records.length / 20)) {
          const [number = "", , description = "", units = "", general = ""] = records[picked]!
          const [line] = yield* sql<{ code: string | null; name_en: string; units: Array<string>; rates: any }>`
            SELECT code, name_en, units, rates FROM tariff_lines WHERE position = ${picked + 1}`
          assert.strictEqual(line?.code ?? "", number.replaceAll(".", ""))
          assert.strictEqual(
            line?.name_en,
            description
              .replace(/<[^>]*>/g, "")
              .replace(/\s+/g, " ")
              .trim(),
          )
          assert.deepStrictEqual(line?.units, units === "" ? [] : JSON.parse(units).filter(Boolean))
          if (general !== "") assert.strictEqual(line?.rates.general[0].text, general.replace(/\s+/g, " ").trim())
        }
        const orphans = yield* sql`
          SELECT position FROM tariff_lines line WHERE parent IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM tariff_lines above WHERE above.schedule_id = line.schedule_id
              AND above.position = line.parent AND above.position < line.position)`
        assert.deepStrictEqual(orphans, [])
        const strays = yield* sql`
          SELECT line.code FROM tariff_lines line JOIN tariff_lines above
            ON above.schedule_id = line.schedule_id AND above.position = line.parent
          WHERE length(line.code) > 4 AND above.code IS NOT NULL AND left(line.code, 4) <> left(above.code, 4)`
        assert.deepStrictEqual(strays, [])
      }),
    )

    it.effect("Korea: the names of every sheet and every line of the code file", () =>
      Effect.gen(function* () {
        const names = yield* run(file("단위별"))
        assert.strictEqual(names.lines, 17_072)
        const codes = yield* run(file("utf8bom"), { effective: "2025-01-01" })
        assert.strictEqual(
          codes.lines,
          (parse(readFileSync(file("utf8bom")), { bom: true }) as Array<unknown>).length - 1,
        )
        const sample = yield* run(file("cp949"), { effective: "2025-01-02", dryRun: true })
        assert.deepStrictEqual([sample.changes?.new.count, sample.changes?.renamed.count], [0, 0])
        const sql = yield* PgClient.PgClient
        const above = yield* sql`
          SELECT line.code FROM tariff_lines line JOIN tariff_schedules USING (schedule_id)
          WHERE layout = 'kr-names' AND length(line.code) > 2 AND parent IS NULL`
        assert.deepStrictEqual(above, [])
        const phone = yield* sql`
          SELECT name_ko, name_en FROM tariff_lines JOIN tariff_schedules USING (schedule_id)
          WHERE layout = 'kr-names' AND code = '8517130000'`
        assert.strictEqual(phone.length, 1)
      }),
    )
  })
})
