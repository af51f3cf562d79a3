/**
 * Turns words into hashed features that the alias index and the learned model share: words, neighbouring words, pieces of
 * words, and the head once more. Pure.
 */
import type { Role, Word } from "./text.ts"

export interface Features {
  readonly hashes: Int32Array
  readonly weights: Float32Array
}

/** FNV-1a over UTF-16 code units, seeded by the kind of feature. */
export const hash = (kind: number, text: string): number => {
  let h = 0x811c9dc5 ^ (kind * 0x9e3779b1)
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return (h ^ (h >>> 15)) | 0
}

const kinds = { word: 1, pair: 2, piece: 3, head: 4 }
const weightOf: Readonly<Record<Role, number>> = { head: 1.25, modifier: 0.8, aside: 0.65 }

/** At most this many features of one text are kept. */
const limit = 400

/** Features of a phrase; the same feature twice adds up. */
export const featuresOf = (words: ReadonlyArray<Word>): Features => {
  const weights = addFeatures(words, new Map())
  return { hashes: Int32Array.from(weights.keys()), weights: Float32Array.from(weights.values()) }
}

/** Adds a phrase's features to `weights`, so that building an index needs no object a phrase. */
export const addFeatures = (words: ReadonlyArray<Word>, weights: Map<number, number>): Map<number, number> => {
  const add = (kind: number, text: string, weight: number) => {
    if (weights.size >= limit) return
    const key = hash(kind, text)
    weights.set(key, (weights.get(key) ?? 0) + weight)
  }
  let run = ""
  let runWeight = 0
  const endRun = () => {
    for (let size = 2; size <= 3; size++) {
      for (let i = 0; i + size <= run.length; i++) add(kinds.piece, run.slice(i, i + size), 0.45 * runWeight)
    }
    run = ""
    runWeight = 0
  }
  words.forEach((word, index) => {
    const weight = weightOf[word.role]
    const next = words[index + 1]
    add(kinds.word, word.text, weight)
    if (word.role === "head") {
      add(kinds.head, word.hangul ? word.text.slice(-2) : word.text, 0.7)
      if (word.hangul && word.text.length > 2) add(kinds.head, word.text.slice(-1), 0.4)
      if (word.hangul && word.text.length > 3) add(kinds.head, word.text.slice(-3), 0.5)
    }
    if (next && next.role !== "aside" && word.role !== "aside") {
      add(kinds.word, word.text + next.text, 0.6)
      add(kinds.pair, `${word.text} ${next.text}`, 0.4)
    }
    if (word.hangul) {
      run += word.text
      runWeight = Math.max(runWeight, weight)
      if (next?.hangul !== true || next.role === "aside" || word.role === "aside") endRun()
    } else if (word.text.length > 4) {
      const padded = `^${word.text}$`
      for (let i = 0; i + 4 <= padded.length; i++) add(kinds.piece, padded.slice(i, i + 4), 0.2 * weight)
    }
  })
  return weights
}
