/**
 * A small linear network over the hashed features of a phrase: the mean of its features' vectors, then one softmax over
 * the headings and one within each heading over its subheadings. `scripts/train.ts` fits and writes it. Pure.
 *
 * File: a JSON line `{ dimensions, features, headings, subheadings }` padded to a multiple of 4 bytes, then, little-endian:
 * feature hashes (int32, ascending), their inverse document frequencies (float32), their scales (float32) and vectors
 * (int8), then scales, biases (float32) and vectors (int8) of the headings and of the subheadings, in code order.
 */
import type { Features } from "./features.ts"

export interface LearnedModel {
  readonly headings: ReadonlyArray<string>
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
  readonly features: number
  readonly headings: ReadonlyArray<string>
  readonly subheadings: ReadonlyArray<string>
}

const align = (offset: number): number => (offset + 3) & ~3

const softmax = (scores: Float32Array): Float32Array => {
  let highest = -Infinity
  for (const score of scores) highest = Math.max(highest, score)
  let total = 0
  for (let i = 0; i < scores.length; i++) total += scores[i] = Math.exp(scores[i]! - highest)
  for (let i = 0; i < scores.length; i++) scores[i]! /= total
  return scores
}

/** Reads the bytes that `scripts/train.ts` wrote. */
export const readModel = (bytes: Uint8Array): LearnedModel => {
  const end = bytes.indexOf(10)
  const { dimensions, features, headings, subheadings } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(0, end)),
  ) as Header
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  let offset = align(end + 1)
  const take = <A>(
    make: new (buffer: ArrayBufferLike, offset: number, length: number) => A,
    length: number,
    size: number,
  ): A => {
    const view = new make(buffer, offset, length)
    offset = align(offset + length * size)
    return view
  }
  const hashes = take(Int32Array, features, 4)
  const idf = take(Float32Array, features, 4)
  const featureScales = take(Float32Array, features, 4)
  const vectors = take(Int8Array, features * dimensions, 1)
  const layer = (size: number) => ({
    scales: take(Float32Array, size, 4),
    biases: take(Float32Array, size, 4),
    vectors: take(Int8Array, size * dimensions, 1),
  })
  const headingLayer = layer(headings.length)
  const subheadingLayer = layer(subheadings.length)
  const positions = new Map<number, number>()
  hashes.forEach((hash, index) => positions.set(hash, index))
  const ranges = new Map<string, readonly [number, number]>()
  subheadings.forEach((code, index) => {
    const heading = code.slice(0, 4)
    ranges.set(heading, [ranges.get(heading)?.[0] ?? index, index + 1])
  })

  const scoresOf = (
    hidden: Float32Array,
    { scales, biases, vectors: rows }: typeof headingLayer,
    from: number,
    to: number,
  ) => {
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
    predict: (query) => {
      const hidden = new Float32Array(dimensions)
      let norm = 0
      let known = 0
      let total = 0
      for (let i = 0; i < query.hashes.length; i++) {
        const weight = query.weights[i]!
        total += weight
        const position = positions.get(query.hashes[i]!)
        if (position === undefined) continue
        known += weight
        const scaled = weight * idf[position]!
        norm += scaled * scaled
        const factor = scaled * featureScales[position]!
        const start = position * dimensions
        for (let d = 0; d < dimensions; d++) hidden[d]! += factor * vectors[start + d]!
      }
      const scale = 1 / (Math.sqrt(norm) || 1)
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
