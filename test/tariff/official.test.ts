/** The published files themselves, where a developer has them beside the checkout: skipped elsewhere. */
import { assert, describe, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { parse } from "csv-parse/sync"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { openPromise } from "yauzl"
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

const plain = (text: string): string => text.replace(/\s+/g, " ").trim()

const twentyOf = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all.filter((_, index) => index % Math.floor(all.length / 20) === 7)

/** Code and names of every row but the headers, read from the workbook's XML by pattern, apart from the reader under test. */
const publishedNames = async (path: string) => {
  const zip = await openPromise(path, { autoClose: false })
  const parts = new Map<string, string>()
  for await (const entry of zip.eachEntry())
    if (/sharedStrings|sheet\d/.test(entry.fileName))
      parts.set(entry.fileName, await text(await zip.openReadStreamPromise(entry)))
  zip.close()
  const unescaped = (xml: string) =>
    xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&")
  const strings = [...(parts.get("xl/sharedStrings.xml") ?? "").matchAll(/<si>(.*?)<\/si>/gs)].map(([, si = ""]) =>
    unescaped([...si.replace(/<rPh.*?<\/rPh>/gs, "").matchAll(/<t[^>]*>(.*?)<\/t>/gs)].map(([, t]) => t).join("")),
  )
  return [...parts]
    .filter(([name]) => name.includes("/sheet"))
    .flatMap(([, xml]) => [...xml.matchAll(/<row [^>]*>(.*?)<\/row>/gs)])
    .map(([, row = ""]) =>
      [...row.matchAll(/<c ([^>]*?)(?:\/>|>(?:<v>(.*?)<\/v>)?.*?<\/c>)/gs)].map(([, attributes = "", v = ""]) =>
        attributes.includes('t="s"') ? (strings[Number(v)] ?? "") : v,
      ),
    )
    .filter(([code]) => /^\d+$/.test(code ?? ""))
}

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
          const [number = "", , description = "", units = "", general = "", special = "", column2 = ""] =
            records[picked]!
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
          if (general !== "") assert.strictEqual(line?.rates.general[0].text, plain(general))
          if (column2 !== "") assert.strictEqual(line?.rates.column2[0].text, plain(column2))
          for (const { text, programs } of special === "" ? [] : (line?.rates.special ?? [])) {
            assert.include(plain(special), text)
            for (const program of programs) assert.include(special, program)
          }
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
        const sql = yield* PgClient.PgClient
        const names = yield* run(file("단위별"))
        const published = yield* Effect.promise(() => publishedNames(file("단위별")))
        assert.strictEqual(names.lines, published.length)
        for (const [code = "", ko = "", en = ""] of twentyOf(published)) {
          const [line] = yield* sql<{ name_ko: string; name_en: string | null }>`
            SELECT name_ko, name_en FROM tariff_lines JOIN tariff_schedules USING (schedule_id)
            WHERE layout = 'kr-names' AND code = ${code}`
          assert.deepStrictEqual([line?.name_ko, line?.name_en ?? ""], [plain(ko), plain(en)], code)
        }
        const codes = yield* run(file("utf8bom"), { effective: "2025-01-01" })
        const records = (parse(readFileSync(file("utf8bom")), { bom: true }) as Array<Array<string>>).slice(1)
        assert.strictEqual(codes.lines, records.length)
        for (const [code = "", from, to, ko = "", en = "", , , , , count, weight] of twentyOf(records)) {
          const [line] = yield* sql`
            SELECT name_ko, coalesce(name_en, '') AS name_en, units, line.valid_from::text, line.valid_to::text
            FROM tariff_lines line JOIN tariff_schedules USING (schedule_id)
            WHERE layout = 'kr-codes' AND code = ${code} AND line.valid_from = ${from ?? ""}::date`
          const units = [count, weight].filter(Boolean)
          assert.deepStrictEqual(line, {
            name_ko: plain(ko),
            name_en: plain(en),
            units,
            valid_from: from,
            valid_to: to,
          })
        }
        const sample = yield* run(file("cp949"), { effective: "2025-01-02", dryRun: true })
        assert.deepStrictEqual([sample.changes?.new.count, sample.changes?.renamed.count], [0, 0])
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
