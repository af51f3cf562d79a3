/**
 * Finds the phrases most like a query: TF-IDF cosine over hashed features, one document a phrase. The table is built from
 * the lexicon once and can be kept in a file. Pure.
 */
import { addFeatures, type Features, hash } from "./features.ts"
import type { Phrase, PhraseKind } from "./phrases.ts"
import { normaliseLines, wordsOf } from "./text.ts"

export interface Match {
  /** Digits of the row: a heading or a subheading. */
  readonly code: string
  /** Cosine, 0 to 1. */
  readonly similarity: number
  /** The phrase and the query are the same but for spaces. */
  readonly exact: boolean
}

export interface AliasIndex {
  /** The phrases most like the query, most similar first. */
  readonly search: (phrase: string, query: Features) => ReadonlyArray<Match>
}

export interface AliasTable {
  /** Codes that documents stand for. */
  readonly codes: ReadonlyArray<string>
  /** Position in `codes` of each document. */
  readonly codeOf: Int32Array
  /** Hash of each document's letters. */
  readonly wholes: Int32Array
  /** Inverse document frequency of each bucket. */
  readonly idf: Float32Array
  /** Bucket `b`'s postings are those from `starts[b]` up to `starts[b + 1]`. */
  readonly starts: Int32Array
  readonly postings: Int32Array
  /** Weight of each posting, in 255ths. */
  readonly weights: Uint8Array
}

/** How much a document of each kind counts; tells separate siblings and name nothing. */
const weightOf: Readonly<Record<Exclude<PhraseKind, "tell">, number>> = {
  name: 0.9,
  alias: 1,
  see: 0.95,
  also: 0.9,
}

const buckets = 1 << 18
const bucketOf = (hash: number): number => (hash ^ (hash >>> 18)) & (buckets - 1)

/** Numbers that grow without an object each. */
const growing = <A extends Int32Array | Float32Array>(make: new (length: number) => A) => {
  let values = new make(1 << 20)
  let length = 0
  return {
    push: (value: number) => {
      if (length === values.length) {
        const larger = new make(values.length * 2)
        larger.set(values)
        values = larger
      }
      values[length++] = value
    },
    all: () => values.subarray(0, length),
  }
}

/** The features of all documents, one after the other; `ends[d]` is where document `d` ends. */
const collect = (texts: ReadonlyArray<string>) => {
  const hashes = growing(Int32Array)
  const weights = growing(Float32Array)
  const ends = new Int32Array(texts.length)
  const scratch = new Map<number, number>()
  texts.forEach((text, document) => {
    scratch.clear()
    for (const [hash, weight] of addFeatures(wordsOf(text), scratch)) {
      hashes.push(bucketOf(hash))
      weights.push(weight)
    }
    ends[document] = hashes.all().length
  })
  return { hashes: hashes.all(), weights: weights.all(), ends }
}

export const buildAliasTable = (phrases: ReadonlyArray<Phrase>): AliasTable => {
  const documents = phrases.flatMap(({ code, text, kind }) =>
    kind === "tell" ? [] : [{ code, text, weight: weightOf[kind] }],
  )
  const codes = [...new Set(documents.map(({ code }) => code))]
  const position = new Map(codes.map((code, index) => [code, index]))
  const normalised = normaliseLines(documents.map(({ text }) => text).join("\n")).split("\n")
  const { hashes, weights: raw, ends } = collect(normalised)
  const starts = new Int32Array(buckets + 1)
  for (const bucket of hashes) starts[bucket + 1]! += 1
  const idf = new Float32Array(buckets)
  for (let i = 0; i < buckets; i++) idf[i] = Math.log(1 + documents.length / (1 + starts[i + 1]!))
  for (let i = 0; i < buckets; i++) starts[i + 1]! += starts[i]!
  const postings = new Int32Array(hashes.length)
  const weights = new Uint8Array(hashes.length)
  const cursor = starts.slice(0, buckets)
  documents.forEach(({ weight }, document) => {
    const from = document === 0 ? 0 : ends[document - 1]!
    let norm = 0
    for (let i = from; i < ends[document]!; i++) norm += (raw[i]! * idf[hashes[i]!]!) ** 2
    const scale = (255 * weight) / (Math.sqrt(norm) || 1)
    for (let i = from; i < ends[document]!; i++) {
      const at = cursor[hashes[i]!]!++
      postings[at] = document
      weights[at] = Math.max(1, Math.round(raw[i]! * idf[hashes[i]!]! * scale))
    }
  })
  return {
    codes,
    codeOf: Int32Array.from(documents, ({ code }) => position.get(code)!),
    wholes: Int32Array.from(normalised, (text) => wholeOf(text.replace(/\s*\([^()]*\)$/, ""))),
    idf,
    starts,
    postings,
    weights,
  }
}

export const aliasIndex = ({ codes, codeOf, wholes, idf, starts, postings, weights }: AliasTable): AliasIndex => {
  const scores = new Float32Array(codeOf.length)
  return {
    search: (phrase, query) => {
      const touched: Array<number> = []
      let norm = 0
      for (let i = 0; i < query.hashes.length; i++) {
        const bucket = bucketOf(query.hashes[i]!)
        const weight = query.weights[i]! * idf[bucket]!
        norm += weight * weight
        for (let at = starts[bucket]!; at < starts[bucket + 1]!; at++) {
          const document = postings[at]!
          if (scores[document] === 0) touched.push(document)
          scores[document]! += weight * weights[at]!
        }
      }
      const scale = 1 / (255 * Math.sqrt(norm) || 1)
      let best = 0
      for (const document of touched) best = Math.max(best, scores[document]!)
      const found: Array<readonly [number, number]> = []
      for (const document of touched) {
        if (scores[document]! >= best * worthLooking) found.push([document, scores[document]! * scale])
        scores[document] = 0
      }
      const whole = wholeOf(phrase)
      return found
        .sort((x, y) => y[1] - x[1])
        .slice(0, mostMatches)
        .map(([document, similarity]) => ({
          code: codes[codeOf[document]!]!,
          similarity,
          exact: wholes[document] === whole,
        }))
    },
  }
}

/** Matches below this share of the best one's similarity tell nothing. */
const worthLooking = 0.3
const mostMatches = 150

/** Two texts that are the same but for spaces and signs have the same number. */
const wholeOf = (text: string): number => hash(0, text.replace(/[^\p{L}\p{N}]/gu, ""))
