/**
 * Measures the recognition: `npm run eval -- FOLDER [--holdout] [--opaque FILE] [--misses N]`.
 *
 * For every `.tsv` of labelled queries in the folder: top-1 and top-5 by heading and subheading, calibration error and time,
 * beside a plain text index over our own names; then the calibration by confidence, and the agreement of our own triples.
 * `--holdout` takes the rows that nothing was fitted or tuned on. `--opaque` names a file of row numbers of `ko-short` to
 * leave out. `--misses N` prints N misses of each set.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"
import { namesBaseline } from "./evaluation/baseline.ts"
import { type Classifier, type Measured, measure, pooledBins } from "./evaluation/measure.ts"
import { isForFitting, type Labelled, partOf, readLabelled, readTriples, tunesRanking } from "./training/labelled.ts"
import { readLexicon } from "./training/lexicon.ts"

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    holdout: { type: "boolean", default: false },
    opaque: { type: "string" },
    misses: { type: "string", default: "0" },
  },
})

const percent = (value: number): string => (Number.isNaN(value) ? "-" : `${(value * 100).toFixed(1)} %`).padStart(8)

const line = (name: string, of: Measured): string =>
  [
    name.padEnd(28),
    String(of.rows).padStart(6),
    percent(of.heading1),
    percent(of.heading5),
    percent(of.subheading1),
    percent(of.subheading5),
    of.calibrationError.toFixed(3).padStart(6),
    of.perQuery.toFixed(2).padStart(6),
  ].join(" ")

const head = [
  "set".padEnd(28),
  "rows".padStart(6),
  "4 @1".padStart(8),
  "4 @5".padStart(8),
  "6 @1".padStart(8),
  "6 @5".padStart(8),
  "ECE".padStart(6),
  "ms".padStart(6),
].join(" ")

const triples = readTriples().filter((_, row) => !options.holdout || !tunesRanking(row))

const agreement = (classify: Classifier) => {
  const wordings = ["Korean", "English", "reworded"]
  const first = triples.map((fields) => fields.slice(0, 3).map((query) => classify(query)[0]?.code.slice(0, 4)))
  const columns = wordings.map((name, column) =>
    line(
      `everyday, ${name}`,
      measure(
        classify,
        triples.map((fields, row): Labelled => ({
          set: "everyday",
          row,
          query: fields[column] ?? "",
          code: fields[3] ?? "",
        })),
      ),
    ),
  )
  const agree = first.filter((headings) => new Set(headings).size === 1).length
  return [...columns, `agreement of the three wordings: ${percent(agree / triples.length).trim()} of ${triples.length}`]
}

const chaptersShown = 12

const byChapter = (rows: ReadonlyArray<Labelled>, measured: ReadonlyArray<Measured>) => {
  const chapterOf = ({ code }: Labelled) => code.slice(0, 2)
  const missed = Map.groupBy(
    measured.flatMap(({ misses }) => misses.map(({ row }) => row)),
    chapterOf,
  )
  const all = Map.groupBy(rows, chapterOf)
  return [...missed]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, chaptersShown)
    .map(([chapter, misses]) => {
      const count = all.get(chapter)?.length ?? 0
      return `  ${chapter} ${String(count).padStart(5)} ${percent((count - misses.length) / count)}`
    })
}

const evaluate = Effect.gen(function* () {
  const folder = positionals[0]
  if (folder === undefined)
    return yield* Console.error(
      "usage: npm run eval -- <folder of labelled .tsv> [--holdout] [--opaque FILE] [--misses N]",
    )
  const { recognize } = yield* HarmonizedSystem
  const ours: Classifier = (query) => recognize(query).candidates
  const names = namesBaseline(readLexicon())
  const opaque = new Set(
    options.opaque === undefined ? [] : readFileSync(options.opaque, "utf8").split(/\s+/).filter(Boolean).map(Number),
  )
  const rows = readLabelled(folder).filter(
    (row) =>
      !(isForFitting(row) && options.holdout) &&
      (!options.holdout || partOf(row) === "holdout") &&
      !(row.set === "ko-short" && opaque.has(row.row)),
  )
  ours("warm up")
  yield* Console.log(`${options.holdout ? "rows that nothing was fitted or tuned on" : "all rows"}\n\n${head}`)
  const measured: Array<Measured> = []
  for (const [set, of] of Map.groupBy(rows, (row) => row.set)) {
    const result = measure(ours, of)
    measured.push(result)
    yield* Console.log(`${line(set, result)}\n${line("  baseline: names, n-grams", measure(names, of))}`)
    for (const { row, answers } of result.misses.slice(0, Number(options.misses))) {
      yield* Console.log(
        `    ${row.query.slice(0, 90)}  is ${row.code}, not ${answers
          .slice(0, 3)
          .map(({ code, confidence }) => `${code} (${confidence})`)
          .join(", ")}`,
      )
    }
  }
  yield* Console.log("\nconfidence of the first heading: said, right, rows")
  for (const { from, count, meanConfidence, right } of pooledBins(measured)) {
    if (count > 0)
      yield* Console.log(`  from ${from.toFixed(1)}: ${meanConfidence.toFixed(2)} ${right.toFixed(2)} ${count}`)
  }
  yield* Console.log("\nchapters with the most misses: chapter, rows, right at 4 digits")
  for (const text of byChapter(rows, measured)) yield* Console.log(text)
  yield* Console.log(`\n${head}`)
  for (const text of agreement(ours)) yield* Console.log(text)
})

NodeRuntime.runMain(Effect.provide(evaluate, HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))))
