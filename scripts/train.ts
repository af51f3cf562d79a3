/**
 * Fits the learned part of the recognition to the lexicon and to labelled queries: `npm run train -- FOLDER`.
 * Writes `src/hs/model/weights.bin` and a record of how it was made beside it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { parseEditions } from "../src/hs/Editions.ts"
import { featuresOf } from "../src/hs/features.ts"
import { withQualifier } from "../src/hs/Lexicon.ts"
import { makeNomenclature } from "../src/hs/Nomenclature.ts"
import { normalise, withoutQuestion, wordsOf } from "../src/hs/text.ts"
import { buildAliasIndex } from "../src/hs/AliasIndex.ts"
import { readModel } from "../src/hs/LearnedModel.ts"
import { signalsOf } from "../src/hs/ranking.ts"
import { fitRanking } from "./training/ranking.ts"
import { isForFitting, type Labelled, partOf, readLabelled, sameText } from "./training/labelled.ts"
import { readLexicon } from "./training/lexicon.ts"
import { type Example, fit, type Settings } from "./training/network.ts"

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write("usage: npm run train -- <folder of labelled .tsv>\n")
  process.exit(2)
}

const settings: Settings = {
  dimensions: 56,
  epochs: 9,
  rate: 0.25,
  dropout: 0.15,
  vocabulary: 100_000,
  smoothing: 0.02,
}

/** Copies of one text under one heading that count: rulings repeat the same parts by the thousand. */
const copies = 2

const here = (path: string) => new URL(`../src/hs/${path}`, import.meta.url)
const rows = readLexicon()
const nomenclature = makeNomenclature(rows)
const editions = parseEditions(readFileSync(here("editions/2017-to-2022.txt"), "utf8"))

const example = (text: string, code: string, weight: number): ReadonlyArray<Example> => {
  const six = code.slice(0, 6)
  const successors = editions.successors(six)
  const current =
    code.length < 6 || nomenclature.get(six) ? six : successors.length === 1 ? successors[0]! : code.slice(0, 4)
  const heading = current.slice(0, 4)
  if (!nomenclature.get(heading)) return []
  return [
    {
      features: featuresOf(wordsOf(normalise(text))),
      heading,
      subheading: current.length === 6 ? current : null,
      weight,
    },
  ]
}

const fromLexicon = rows.flatMap((row) => {
  if (row.code.length === 2) return []
  const { code } = row
  return [
    ...[row.ko, row.en].flatMap((text) => example(text, code, 1)),
    ...[...row.aliases.ko, ...row.aliases.en].flatMap((alias) => example(withQualifier(alias), code, 1)),
    ...row.see.flatMap(({ code: target, aliases }) =>
      aliases.flatMap((alias) => example(withQualifier(alias), target, 0.7)),
    ),
    ...(row.tell === null ? [] : [row.tell.ko, row.tell.en].flatMap((text) => example(text, code, 0.3))),
  ]
})

const labelled = readLabelled(folder)
const reserved = new Set(
  labelled.filter((row) => !isForFitting(row) && partOf(row) !== "fit").map(({ query }) => sameText(query)),
)
const seen = new Map<string, number>()
const worthFitting = (row: Labelled): boolean => {
  const text = sameText(row.query)
  if (!isForFitting(row) && partOf(row) !== "fit") return false
  if (reserved.has(text)) return false
  const key = `${row.code.slice(0, 4)} ${text.replace(/\d+/g, "")}`
  seen.set(key, (seen.get(key) ?? 0) + 1)
  return seen.get(key)! <= copies
}
const fromRulings = labelled
  .filter(worthFitting)
  .flatMap(({ query, code }) => example(withoutQuestion(normalise(query)), code, 1))

const headings = [...new Set(rows.filter(({ code }) => code.length > 2).map(({ code }) => code.slice(0, 4)))].sort()
const subheadings = headings.flatMap((heading) => nomenclature.get(heading)?.children ?? [])
const losses: Array<number> = []
const again = process.argv.includes("--ranking-only")
const weights = again
  ? readFileSync(here("model/weights.bin"))
  : fit([...fromLexicon, ...fromRulings], headings, subheadings, settings, (epoch, loss) => {
      losses.push(Math.round(loss * 1000) / 1000)
      process.stdout.write(`epoch ${epoch}: loss ${loss.toFixed(3)}\n`)
    })

const index = buildAliasIndex(rows)
const model = readModel(weights)
const tuned = labelled.filter((row) => !isForFitting(row) && partOf(row) === "tune")
const sizes = Map.groupBy(tuned, ({ set }) => set)
const ranking = fitRanking(
  tuned.map(({ set, query, code }) => ({
    signals: signalsOf(withoutQuestion(normalise(query)), index, model, nomenclature),
    code,
    weight: 1 / Math.sqrt(sizes.get(set)?.length ?? 1),
  })),
)

mkdirSync(here("model/"), { recursive: true })
writeFileSync(here("model/ranking.json"), `${JSON.stringify(ranking, null, 2)}\n`)
if (!again) writeFileSync(here("model/weights.bin"), weights)
if (!again)
  writeFileSync(
    here("model/record.json"),
    `${JSON.stringify(
      {
        made: new Date().toISOString(),
        command: "npm run train -- <folder of labelled .tsv>",
        lexiconExamples: fromLexicon.length,
        labelledExamples: fromRulings.length,
        labelledSets: [...new Set(labelled.map(({ set }) => set))],
        leftOut: "rows of the parts holdout and tune, and every text that equals one of them",
        settings,
        losses,
        bytes: weights.length,
      },
      null,
      2,
    )}\n`,
  )
process.stdout.write(
  `${fromLexicon.length} examples from the lexicon, ${fromRulings.length} labelled, ${weights.length} bytes\n`,
)
