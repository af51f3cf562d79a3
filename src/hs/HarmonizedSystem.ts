/**
 * The Harmonized System in memory: what exists, what became of older codes, and what a message names. Loads its files
 * once; afterwards everything is a pure function of the message.
 */
import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { HsCode, subheadingOf } from "../domain/HsCode.ts"
import type { Candidate, Language, Recognition, WrittenCode } from "../domain/Recognition.ts"
import type { Distinction, Question } from "../domain/Question.ts"
import { clarify } from "./clarify.ts"
import { distinguish } from "./distinctions.ts"
import { aliasIndex } from "./AliasIndex.ts"
import { type Editions, parseEditions, placeOf } from "./Editions.ts"
import { loadKnowledge } from "./Knowledge.ts"
import { makeNomenclature, type Nomenclature } from "./Nomenclature.ts"
import { readModel } from "./LearnedModel.ts"
import { type OfficialName, officialNames } from "./officialNames.ts"
import { remembered } from "./remembered.ts"
import { rank, type RankedHeading, type RankingWeights, signalsOf } from "./ranking.ts"
import { normalise, withoutQuestion } from "./text.ts"
import { findWrittenCodes, withoutCodes } from "./WrittenCodes.ts"

const certain = 0.98
const candidateLimit = 10
/** Messages whose recognition is at hand. */
const recalled = 1000

export class HarmonizedSystem extends Context.Service<
  HarmonizedSystem,
  {
    readonly nomenclature: Nomenclature
    readonly editions: Editions
    /** Differs whenever a message may be recognised otherwise: another lexicon, model, edition or official names. */
    readonly version: Effect.Effect<string>
    /** What a message names, in well under a millisecond; never fails. */
    readonly recognize: (message: string) => Recognition
    /** The question that would tell the candidates apart, or null when none is needed or helps. */
    readonly question: (recognition: Recognition) => Question | null
    /** Lets official names of imported schedules take part in the recognition, in place of those before them. */
    readonly learn: (names: ReadonlyArray<OfficialName>) => void
    /** A few names of the goods of a code, Korean and English in turn. */
    readonly examples: (code: string) => ReadonlyArray<string>
    /** Why the first code and not the other. */
    readonly distinguish: (first: HsCode, other: HsCode) => Distinction | null
  }
>()("hs-trade-chat/hs/HarmonizedSystem") {
  static readonly layer = Layer.effect(
    HarmonizedSystem,
    Effect.suspend(() => load),
  )
}

const folder = fileURLToPath(new URL(".", import.meta.url))

const load = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { rows, table, version } = yield* loadKnowledge
  const nomenclature = makeNomenclature(rows)
  const correlation = (name: string) => fs.readFileString(path.join(folder, "editions", name))
  const correlations = [yield* correlation("2017-to-2022.txt"), yield* correlation("2022-from-2017.txt")] as const
  const editions = parseEditions(...correlations)
  const index = aliasIndex(table)
  let official = officialNames([])
  let learned = ""
  const fitted = yield* fs.readFile(path.join(folder, "model", "weights.bin"))
  const model = readModel(fitted)
  const ranking = yield* fs.readFileString(path.join(folder, "model", "ranking.json"))
  const weights = JSON.parse(ranking) as RankingWeights
  const own = digestOf(version, ...correlations, fitted, ranking)
  const rules = new Map(rows.map(({ code, also }) => [code, also]))
  const examples = new Map(rows.map(({ code, examples }) => [code, examples]))
  const { of: recognize, forget } = remembered((message): Recognition => {
    const { written, unknown, text } = readCodes(message, nomenclature, editions)
    const phrase = withoutQuestion(normalise(text))
    const recognised = /\p{L}/u.test(phrase)
      ? candidatesOf(rank(signalsOf(phrase, index, model, nomenclature), weights), nomenclature)
      : []
    const named = officialFirst(official(phrase), recognised, nomenclature)
    const candidates = written.length > 0 ? fromCodes(written, named, nomenclature) : named
    const superseding = written.find(({ edition }) => edition === "2017")
    return {
      language: languageOf(message),
      productName: named.length > 0 ? phrase.slice(0, 100) : null,
      written,
      unknown,
      candidates,
      supersedes: superseding?.successors.includes(candidates[0]?.code ?? ("" as never))
        ? subheadingOf(superseding.code)
        : null,
    }
  }, recalled)
  const questions = new WeakMap<Recognition, Question | null>()
  return HarmonizedSystem.of({
    nomenclature,
    editions,
    recognize,
    question: (recognition) => {
      const before = questions.get(recognition)
      if (before !== undefined) return before
      const question = clarify(recognition, nomenclature, recognize)
      questions.set(recognition, question)
      return question
    },
    version: Effect.sync(() => `${own}${learned}`),
    learn: (names) => {
      official = officialNames(names)
      forget()
      learned = names.length === 0 ? "" : `-${digestOf(JSON.stringify(names))}`
    },
    examples: (code) => examples.get(code) ?? examples.get(code.slice(0, 4)) ?? [],
    distinguish: (first, other) => {
      const [a, b] = [nomenclature.get(first), nomenclature.get(other)]
      const stated = [...(rules.get(first) ?? []), ...(rules.get(first.slice(0, 4)) ?? [])]
      return a && b ? distinguish(a, b, stated) : null
    },
  })
})

const digestOf = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const digest = createHash("sha256")
  for (const part of parts) digest.update(part).update("\0")
  return digest.digest("hex").slice(0, 12)
}

const headingsFirst = 5

/** The best subheading of each of the first headings, so that real alternatives come early, then the rest. */
const candidatesOf = (ranked: ReadonlyArray<RankedHeading>, nomenclature: Nomenclature): ReadonlyArray<Candidate> => {
  const all = ranked.map(({ subheadings }) => subheadings)
  const first = all.slice(0, headingsFirst).flatMap((subheadings) => subheadings.slice(0, 1))
  const rest = [
    ...all.slice(0, headingsFirst).flatMap((subheadings) => subheadings.slice(1)),
    ...all.slice(headingsFirst).flat(),
  ]
  return [...first, ...rest.sort((a, b) => b.probability - a.probability)]
    .slice(0, candidateLimit)
    .flatMap(({ code, probability }) => {
      const entry = nomenclature.get(code)
      return entry
        ? [
            {
              code: entry.code,
              confidence: rounded(probability),
              names: entry.names,
              source: "lexicon" as const,
            },
          ]
        : []
    })
}

/** What an official name, written as it stands in a schedule, says of its subheadings together. */
const officially = 0.9

const rounded = (confidence: number): number => Math.round(confidence * 1000) / 1000

/** The subheadings that bear the name as their line's first, the others with what confidence is left. */
const officialFirst = (
  codes: ReadonlyArray<string>,
  others: ReadonlyArray<Candidate>,
  nomenclature: Nomenclature,
): ReadonlyArray<Candidate> => {
  if (codes.length === 0) return others
  const first = codes
    .flatMap((code) => nomenclature.get(code) ?? [])
    .map(({ code, names }): Candidate => {
      const own = others.find((other) => other.code === code)?.confidence ?? 0
      return { code, names, confidence: rounded(officially / codes.length + (1 - officially) * own), source: "lexicon" }
    })
    .sort((a, b) => b.confidence - a.confidence)
  const rest = others
    .filter(({ code }) => !codes.includes(code))
    .map((other) => ({ ...other, confidence: rounded((1 - officially) * other.confidence) }))
  return [...first, ...rest].slice(0, candidateLimit)
}

/** Korean as soon as a Korean word is in it. */
const languageOf = (message: string): Language => (/[가-힣ㄱ-ㅎㅏ-ㅣ]/.test(message) ? "ko" : "en")

const readCodes = (message: string, nomenclature: Nomenclature, editions: Editions) => {
  const found = findWrittenCodes(message)
  const written: Array<WrittenCode> = []
  const unknown: Array<string> = []
  const used = found.filter(({ written: text, digits, marked }) => {
    const place = placeOf(digits, nomenclature, editions)
    if (place) written.push({ written: text, code: HsCode.make(digits), ...place })
    else if (marked) unknown.push(text)
    return place !== null || marked
  })
  return { written, unknown, text: withoutCodes(message, used) }
}

/** A written code is as good as certain; of several successors the one that fits the rest of the message comes first. */
const fromCodes = (
  written: ReadonlyArray<WrittenCode>,
  named: ReadonlyArray<Candidate>,
  nomenclature: Nomenclature,
): ReadonlyArray<Candidate> => {
  const support = (code: HsCode) => {
    const usual = nomenclature.get(code.slice(0, 4))?.usual === code ? 1 : 0
    return 1 + usual + 4 * (named.find((candidate) => candidate.code === code)?.confidence ?? 0)
  }
  const out = new Map<HsCode, Candidate>()
  for (const { successors } of written) {
    const total = successors.reduce((sum, code) => sum + support(code), 0)
    for (const code of [...successors].sort((a, b) => support(b) - support(a))) {
      const entry = nomenclature.get(code)
      if (!entry || out.has(code)) continue
      out.set(code, {
        code,
        confidence: Math.round((certain * support(code) * 1000) / total) / 1000,
        names: entry.names,
        source: "pattern",
      })
    }
  }
  return [...out.values()].slice(0, candidateLimit)
}
