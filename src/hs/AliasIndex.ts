/**
 * Finds the aliases most like a phrase: TF-IDF cosine over hashed features, one document an alias. Pure; built once.
 */
import { featuresOf, type Features } from "./features.ts"
import type { Alias, LexiconRow } from "./Lexicon.ts"
import { normalise, wordsOf } from "./text.ts"

export interface Match {
  /** Index of the row among the rows given to `buildAliasIndex`. */
  readonly row: number
  /** Cosine, 0 to 1. */
  readonly similarity: number
  readonly alias: string
}

export interface AliasIndex {
  /** The best alias of each row that shares a feature with the phrase, most similar first. */
  readonly search: (query: Features, limit: number) => ReadonlyArray<Match>
  readonly documents: number
}

interface Document {
  readonly row: number
  readonly text: string
  readonly weight: number
}

const buckets = 1 << 18
const bucketOf = (hash: number): number => (hash ^ (hash >>> 18)) & (buckets - 1)

const withQualifier = ({ text, qualifier }: Alias): string => (qualifier === null ? text : `${text} (${qualifier})`)

const documentsOf = (rows: ReadonlyArray<LexiconRow>): ReadonlyArray<Document> => {
  const indexOf = new Map(rows.map((row, index) => [row.code, index]))
  return rows.flatMap((row, index) => {
    if (row.code.length === 2) return []
    const own = [...row.aliases.ko, ...row.aliases.en].map((alias) => ({
      row: index,
      text: withQualifier(alias),
      weight: 1,
    }))
    const names = [row.ko, row.en].map((text) => ({ row: index, text, weight: 0.9 }))
    const elsewhere = row.see.flatMap(({ code, aliases }) => {
      const target = indexOf.get(code) ?? indexOf.get(code.slice(0, 4))
      return target === undefined
        ? []
        : aliases.map((alias) => ({ row: target, text: withQualifier(alias), weight: 0.95 }))
    })
    const also = row.also.flatMap(({ code, aliases }) => {
      const target = indexOf.get(code) ?? indexOf.get(code.slice(0, 4))
      return target === undefined
        ? []
        : aliases.map((alias) => ({ row: target, text: withQualifier(alias), weight: 0.9 }))
    })
    return [...names, ...own, ...elsewhere, ...also]
  })
}

export const buildAliasIndex = (rows: ReadonlyArray<LexiconRow>): AliasIndex => {
  const documents = documentsOf(rows)
  const features = documents.map(({ text }) => featuresOf(wordsOf(normalise(text))))
  const starts = new Int32Array(buckets + 1)
  for (const { hashes } of features) for (const hash of hashes) starts[bucketOf(hash) + 1]! += 1
  for (let i = 0; i < buckets; i++) starts[i + 1]! += starts[i]!
  const idf = new Float32Array(buckets)
  for (let i = 0; i < buckets; i++) idf[i] = Math.log(1 + documents.length / (1 + starts[i + 1]! - starts[i]!))
  const total = starts[buckets]!
  const postings = new Int32Array(total)
  const weights = new Float32Array(total)
  const cursor = starts.slice(0, buckets)
  features.forEach(({ hashes, weights: raw }, document) => {
    let norm = 0
    for (let i = 0; i < hashes.length; i++) norm += (raw[i]! * idf[bucketOf(hashes[i]!)]!) ** 2
    const scale = documents[document]!.weight / (Math.sqrt(norm) || 1)
    for (let i = 0; i < hashes.length; i++) {
      const bucket = bucketOf(hashes[i]!)
      const at = cursor[bucket]!++
      postings[at] = document
      weights[at] = raw[i]! * idf[bucket]! * scale
    }
  })

  const scores = new Float32Array(documents.length)
  const bestScore = new Float32Array(rows.length)
  const bestDocument = new Int32Array(rows.length)
  return {
    documents: documents.length,
    search: (query, limit) => {
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
      const found: Array<number> = []
      for (const document of touched) {
        const row = documents[document]!.row
        const score = scores[document]!
        scores[document] = 0
        if (bestScore[row] === 0) found.push(row)
        if (score > bestScore[row]!) {
          bestScore[row] = score
          bestDocument[row] = document
        }
      }
      const scale = 1 / (Math.sqrt(norm) || 1)
      const matches = found.map((row) => ({
        row,
        similarity: bestScore[row]! * scale,
        alias: documents[bestDocument[row]!]!.text,
      }))
      for (const row of found) bestScore[row] = 0
      return matches.sort((a, b) => b.similarity - a.similarity).slice(0, limit)
    },
  }
}
