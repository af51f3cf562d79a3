/**
 * A small linear network over the hashed features of a phrase: the mean of its features' vectors, then one softmax over
 * the headings and one within each heading over its subheadings. `scripts/train.ts` fits and writes it. Pure.
 *
 * File (`arrays.ts`, compressed by zstd): header `{ dimensions, step, headings, subheadings }`; of the features, in
 * ascending order of their keys: how much each key adds to the one before (its lowest byte, then the rest), inverse
 * document frequencies in sixteenths, and vectors, four bits a number, in multiples of `step`: the first two numbers of all,
 * then the next two, and so on; then scales, biases and vectors of the headings and of the
 * subheadings, in code order.
 */
import { zstdDecompressSync } from "node:zlib"
import { unpack } from "./arrays.ts"
import type { Features } from "./features.ts"

export interface LearnedModel {
  readonly headings: ReadonlyArray<string>
  /** Where each stands among them. */
  readonly positions: ReadonlyMap<string, number>
  /** Probability of each heading, in the order of `headings`. */
  readonly predict: (features: Features) => Prediction
}

export interface Prediction {
  readonly headings: Float32Array
  /** Share of the phrase's features that the model knows, 0 to 1. */
  readonly known: number
  /** Probabilities of a heading's subheadings. */
  readonly within: (heading: string) => ReadonlyMap<string, number>
}

interface Header {
  readonly dimensions: number
  readonly step: number
  readonly headings: ReadonlyArray<string>
  readonly subheadings: ReadonlyArray<string>
}

type Layer = readonly [scales: Float32Array, biases: Float32Array, vectors: Int8Array]

/** Of a feature's hash, the 26 bits that tell features apart: one in a hundred that are not known is taken for one that is. */
export const keyOf = (hash: number): number => hash >>> 6

/** Position of a number in ascending ones, or -1. */
const positionOf = (ascending: Int32Array, value: number): number => {
  let from = 0
  let to = ascending.length - 1
  while (from <= to) {
    const middle = (from + to) >> 1
    const found = ascending[middle]!
    if (found === value) return middle
    if (found < value) from = middle + 1
    else to = middle - 1
  }
  return -1
}

const softmax = (scores: Float32Array): Float32Array => {
  let highest = -Infinity
  for (const score of scores) highest = Math.max(highest, score)
  let total = 0
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i]! - highest)
  for (let i = 0; i < scores.length; i++) scores[i]! /= total
  return scores
}

/** Turns bytes that lie column by column into rows: four columns at a time, and few rows, so that both stay within the processor's cache. */
const rowsOf = (columns: Uint8Array, rows: number): Uint8Array => {
  const width = columns.length / rows
  const words = new Uint32Array(columns.length / 4)
  const few = 256
  for (let from = 0; from < rows; from += few) {
    const to = Math.min(rows, from + few)
    for (let column = 0; column < width; column += 4) {
      const [one, two, three, four] = [0, 1, 2, 3].map((n) => (column + n) * rows) as [number, number, number, number]
      for (let row = from; row < to; row++) {
        words[(row * width + column) >> 2] =
          columns[one + row]! |
          (columns[two + row]! << 8) |
          (columns[three + row]! << 16) |
          (columns[four + row]! << 24)
      }
    }
  }
  return new Uint8Array(words.buffer)
}

/** Reads the bytes that `scripts/train.ts` wrote. */
export const readModel = (bytes: Uint8Array): LearnedModel => {
  const { header, arrays } = unpack(zstdDecompressSync(bytes))
  const { dimensions, step, headings, subheadings } = header as Header
  const [low, high, frequencies, columns, ...layers] = arrays as readonly [
    Uint8Array,
    Uint16Array,
    Uint8Array,
    Uint8Array,
    ...Array<Float32Array | Int8Array>,
  ]
  let reached = 0
  const keys = Int32Array.from(low, (byte, i) => (reached += byte + 256 * high[i]!))
  const vectors = rowsOf(columns, keys.length)
  const idf = frequencies.slice()
  // Copies, or these few would keep all that was unpacked in memory.
  const own = layers.map((layer) => layer.slice())
  const headingLayer = own.slice(0, 3) as unknown as Layer
  const subheadingLayer = own.slice(3) as unknown as Layer
  const ranges = new Map<string, readonly [number, number]>()
  subheadings.forEach((code, index) => {
    const heading = code.slice(0, 4)
    ranges.set(heading, [ranges.get(heading)?.[0] ?? index, index + 1])
  })

  const scoresOf = (hidden: Float32Array, [scales, biases, rows]: Layer, from: number, to: number) => {
    const scores = new Float32Array(to - from)
    for (let row = from; row < to; row++) {
      let sum = 0
      const start = row * dimensions
      for (let d = 0; d < dimensions; d++) sum += hidden[d]! * rows[start + d]!
      scores[row - from] = sum * scales[row]! + biases[row]!
    }
    return softmax(scores)
  }

  return {
    headings,
    positions: new Map(headings.map((heading, position) => [heading, position])),
    predict: (query) => {
      const hidden = new Float32Array(dimensions)
      let norm = 0
      let known = 0
      let total = 0
      for (let i = 0; i < query.hashes.length; i++) {
        const weight = query.weights[i]!
        total += weight
        const position = positionOf(keys, keyOf(query.hashes[i]!))
        if (position < 0) continue
        known += weight
        const scaled = weight * idf[position]!
        norm += scaled * scaled
        let at = (position * dimensions) / 2
        for (let d = 0; d < dimensions; d += 2) {
          const pair = vectors[at++]!
          hidden[d]! += scaled * ((pair & 15) - 8)
          hidden[d + 1]! += scaled * ((pair >> 4) - 8)
        }
      }
      const scale = step / (Math.sqrt(norm) || 1)
      for (let d = 0; d < dimensions; d++) hidden[d]! *= scale
      return {
        headings: scoresOf(hidden, headingLayer, 0, headings.length),
        known: total === 0 ? 0 : known / total,
        within: (heading) => {
          const [from, to] = ranges.get(heading) ?? [0, 0]
          const probabilities = scoresOf(hidden, subheadingLayer, from, to)
          return new Map(subheadings.slice(from, to).map((code, index) => [code, probabilities[index]!]))
        },
      }
    },
  }
}
