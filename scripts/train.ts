/**
 * Fits the learned part of the recognition to the lexicon and to labelled queries: `npm run train -- FOLDER`.
 * Writes `src/hs/model/weights.bin` and a record of how it was made beside it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { Worker } from "node:worker_threads"
import { parseEditions } from "../src/hs/Editions.ts"
import { featuresOf } from "../src/hs/features.ts"
import { makeNomenclature } from "../src/hs/Nomenclature.ts"
import { type PhraseKind, phrasesOf } from "../src/hs/phrases.ts"
import { normalise, withoutQuestion, wordsOf } from "../src/hs/text.ts"
import { aliasIndex, buildAliasTable } from "../src/hs/AliasIndex.ts"
import { readModel } from "../src/hs/LearnedModel.ts"
import { signalsOf } from "../src/hs/ranking.ts"
import { fitRanking } from "./training/ranking.ts"
import { isForFitting, type Part, partOf, readEveryday, readLabelled, sameText } from "./training/labelled.ts"
import { readLexicon, readWordings } from "./training/lexicon.ts"
import type { Report, Task } from "./training/fitWorker.ts"
import type { Example, Settings } from "./training/network.ts"

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write("usage: npm run train -- <folder of labelled .tsv>\n")
  process.exit(2)
}

const settings: Settings = {
  dimensions: 160,
  epochs: 8,
  rate: 0.25,
  dropout: 0.3,
  vocabulary: 480_000,
  smoothing: 0.02,
  bytes: 7_940_000,
}

/** Copies of one text under one heading that count: rulings repeat the same parts by the thousand. */
const copies = 2

/** What people ask counts more than the rulings that are only for fitting. */
const likeQueries = 1.5

const here = (path: string) => new URL(`../src/hs/${path}`, import.meta.url)
const rows = readLexicon()
const phrases = phrasesOf(rows)
const nomenclature = makeNomenclature(rows)
const editions = parseEditions(readFileSync(here("editions/2017-to-2022.txt"), "utf8"), "")

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

/** How much a phrase of each kind counts. A name that can also mean something else is learned from its own row. */
const weightOf: Readonly<Record<PhraseKind, number>> = { name: 1, alias: 1, see: 0.7, also: 0, tell: 0.3 }

const fromLexicon = phrases.flatMap(({ code, text, kind }) =>
  weightOf[kind] === 0 ? [] : example(text, code, weightOf[kind]),
)
const fromWordings = readWordings((code) => nomenclature.get(code) !== undefined).flatMap(({ code, text }) =>
  example(withoutQuestion(normalise(text)), code, 0.8),
)

const labelled = readLabelled(folder)
const reserved = (parts: ReadonlyArray<Part>) =>
  new Set(
    labelled.filter((row) => !isForFitting(row) && parts.includes(partOf(row))).map(({ query }) => sameText(query)),
  )

/** Examples of all rows but those of the parts left out, and but every text that equals one of theirs. */
const fromRulings = (leftOut: ReadonlyArray<Part>): ReadonlyArray<Example> => {
  const texts = reserved(leftOut)
  const seen = new Map<string, number>()
  return labelled.flatMap((row) => {
    const text = sameText(row.query)
    if (texts.has(text)) return []
    const key = `${row.code.slice(0, 4)} ${text.replace(/\d+/g, "")}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
    const weight = isForFitting(row) ? 1 : likeQueries
    return seen.get(key)! > copies ? [] : example(withoutQuestion(normalise(row.query)), row.code, weight)
  })
}

const headings = [...new Set(rows.filter(({ code }) => code.length > 2).map(({ code }) => code.slice(0, 4)))].sort()
const subheadings = headings.flatMap((heading) => nomenclature.get(heading)?.children ?? [])

const fitted = (name: string, examples: ReadonlyArray<Example>) =>
  new Promise<{ readonly weights: Uint8Array; readonly losses: ReadonlyArray<number> }>((resolve, reject) => {
    const losses: Array<number> = []
    const workerData: Task = { examples, headings, subheadings, settings }
    const worker = new Worker(new URL("training/fitWorker.ts", import.meta.url), { workerData })
    worker.once("error", reject)
    worker.on("message", (report: Report) => {
      if ("weights" in report) return resolve({ weights: report.weights, losses })
      losses.push(Math.round(report.loss * 1000) / 1000)
      process.stdout.write(`${name}, epoch ${report.epoch}: loss ${report.loss.toFixed(3)}\n`)
    })
  })

/** The ranking is tuned beside a network that has not seen the rows it is tuned on; the one in use has. */
const forTuning = [...fromLexicon, ...fromWordings, ...fromRulings(["holdout", "tune"])]
const forUse = [...fromLexicon, ...fromWordings, ...fromRulings(["holdout"])]
const [trial, final] = await Promise.all([fitted("for tuning", forTuning), fitted("for use", forUse)])

const index = aliasIndex(buildAliasTable(phrases))
const model = readModel(trial.weights)
const tuned = [...labelled, ...readEveryday()].filter((row) => !isForFitting(row) && partOf(row) === "tune")
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
writeFileSync(here("model/weights.bin"), final.weights)
writeFileSync(
  here("model/record.json"),
  `${JSON.stringify(
    {
      made: new Date().toISOString(),
      command: "npm run train -- <folder of labelled .tsv>",
      lexiconExamples: fromLexicon.length,
      wordings: fromWordings.length,
      labelledExamples: forUse.length - fromLexicon.length - fromWordings.length,
      labelledSets: [...new Set(labelled.map(({ set }) => set))],
      leftOut: "rows of the part holdout, and every text that equals one of them",
      settings,
      losses: final.losses,
      bytes: final.weights.length,
    },
    null,
    2,
  )}\n`,
)
process.stdout.write(`${forUse.length} examples, ${final.weights.length} bytes\n`)
