/**
 * Fits the network of `src/hs/LearnedModel.ts` by stochastic gradient descent with Adagrad steps, and packs it into
 * bytes. One example costs one pass over the headings and over the subheadings of its own heading.
 */
import { constants, zstdCompressSync } from "node:zlib"
import { pack } from "../../src/hs/arrays.ts"
import type { Features } from "../../src/hs/features.ts"
import { keyOf } from "../../src/hs/LearnedModel.ts"
import { turn } from "./turn.ts"

export interface Example {
  readonly features: Features
  readonly heading: string
  /** Six digits, or null when only the heading is known. */
  readonly subheading: string | null
  readonly weight: number
}

export interface Settings {
  /** A multiple of eight. */
  readonly dimensions: number
  readonly epochs: number
  readonly rate: number
  /** Share of an example's features left out of each step. */
  readonly dropout: number
  readonly vocabulary: number
  readonly smoothing: number
  /** The packed network is quantised as coarsely as this size asks. */
  readonly bytes: number
}

/** Deterministic, so that the same data gives the same weights. */
const randomNumbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

/** The features whose examples weigh most, seen at least twice. */
const vocabularyOf = (examples: ReadonlyArray<Example>, size: number) => {
  const counts = new Map<number, number>()
  const weights = new Map<number, number>()
  for (const { features, weight } of examples) {
    for (const key of Array.from(features.hashes, keyOf)) {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      weights.set(key, (weights.get(key) ?? 0) + weight)
    }
  }
  const kept = [...weights]
    .filter(([key]) => counts.get(key)! > 1)
    .sort((a, b) => b[1] - a[1])
    .slice(0, size)
  const keys = kept.map(([key]) => key).sort((a, b) => a - b)
  const idf = keys.map((key) => Math.round(16 * Math.log(1 + examples.length / counts.get(key)!)))
  return {
    keys: Int32Array.from(keys),
    /** In sixteenths. */
    idf: Uint8Array.from(idf),
    positions: new Map(keys.map((key, index) => [key, index])),
  }
}

/** A weight matrix with a bias and a squared-gradient sum for each row. */
const matrix = (rows: number, dimensions: number, random: () => number, spread: number) => ({
  weights: Float32Array.from({ length: rows * dimensions }, () => (random() - 0.5) * spread),
  biases: new Float32Array(rows),
  squares: new Float32Array(rows).fill(1e-6),
})

type Matrix = ReturnType<typeof matrix>

export const fit = (
  examples: ReadonlyArray<Example>,
  headings: ReadonlyArray<string>,
  subheadings: ReadonlyArray<string>,
  settings: Settings,
  report: (epoch: number, loss: number) => void,
): Uint8Array => {
  const { dimensions, epochs, rate, dropout, smoothing } = settings
  const random = randomNumbers(7)
  const vocabulary = vocabularyOf(examples, settings.vocabulary)
  const inputs = matrix(vocabulary.keys.length, dimensions, random, 1 / Math.sqrt(dimensions))
  const outputs = matrix(headings.length, dimensions, random, 0)
  const inner = matrix(subheadings.length, dimensions, random, 0)
  const headingIndex = new Map(headings.map((code, index) => [code, index]))
  const subheadingIndex = new Map(subheadings.map((code, index) => [code, index]))
  const ranges = new Map<string, [number, number]>()
  subheadings.forEach((code, index) => {
    const range = ranges.get(code.slice(0, 4))
    if (range) range[1] = index + 1
    else ranges.set(code.slice(0, 4), [index, index + 1])
  })
  const prepared = examples.flatMap(({ features, heading, subheading, weight }) => {
    const known = [...features.hashes].flatMap((hash, i) => {
      const position = vocabulary.positions.get(keyOf(hash))
      return position === undefined ? [] : [[position, features.weights[i]! * vocabulary.idf[position]!] as const]
    })
    const target = headingIndex.get(heading)
    if (known.length === 0 || target === undefined) return []
    return [
      {
        positions: Int32Array.from(known, ([position]) => position),
        values: Float32Array.from(known, ([, value]) => value),
        heading: target,
        range: ranges.get(heading) ?? ([0, 0] as [number, number]),
        subheading: subheading === null ? -1 : (subheadingIndex.get(subheading) ?? -1),
        weight,
      },
    ]
  })

  const hidden = new Float32Array(dimensions)
  const gradient = new Float32Array(dimensions)
  const scores = new Float32Array(Math.max(headings.length, 256))

  /** One softmax layer: adds to `gradient`, moves the rows that matter, returns the loss. */
  const step = (layer: Matrix, from: number, to: number, target: number, strength: number): number => {
    let highest = -Infinity
    for (let row = from; row < to; row++) {
      let sum = layer.biases[row]!
      const start = row * dimensions
      for (let d = 0; d < dimensions; d++) sum += hidden[d]! * layer.weights[start + d]!
      scores[row - from] = sum
      if (sum > highest) highest = sum
    }
    let total = 0
    for (let i = 0; i < to - from; i++) total += scores[i] = Math.exp(scores[i]! - highest)
    const uniform = smoothing / (to - from)
    for (let row = from; row < to; row++) {
      const probability = scores[row - from]! / total
      const error = ((row === target ? 1 - smoothing : 0) + uniform - probability) * strength
      if (Math.abs(error) < 2e-4) continue
      const start = row * dimensions
      layer.squares[row]! += error * error
      const pace = rate / Math.sqrt(layer.squares[row]!)
      for (let d = 0; d < dimensions; d++) {
        gradient[d]! += error * layer.weights[start + d]!
        layer.weights[start + d]! += pace * error * hidden[d]!
      }
      layer.biases[row]! += pace * error * 0.1
    }
    return -Math.log(Math.max(1e-9, scores[target - from]! / total)) * strength
  }

  const order = Int32Array.from(prepared.keys())
  let size = 0
  /** What the headings see of the features' vectors: themselves, and from when there is a `size`, what quantising leaves of them. */
  let seen = inputs.weights
  /** One pass over the examples in another order. */
  const pass = (): number => {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      const swapped = order[i]!
      order[i] = order[j]!
      order[j] = swapped
    }
    let loss = 0
    for (const index of order) {
      const { positions, values, heading, range, subheading, weight } = prepared[index]!
      hidden.fill(0)
      gradient.fill(0)
      let norm = 0
      const used = values.map((value) => (positions.length > 3 && random() < dropout ? 0 : value))
      for (const value of used) norm += value * value
      const scale = 1 / (Math.sqrt(norm) || 1)
      for (let i = 0; i < positions.length; i++) {
        if (used[i] === 0) continue
        const factor = used[i]! * scale
        const start = positions[i]! * dimensions
        for (let d = 0; d < dimensions; d++) hidden[d]! += factor * seen[start + d]!
      }
      loss += step(outputs, 0, headings.length, heading, weight)
      if (subheading >= 0 && range[1] - range[0] > 1) loss += step(inner, range[0], range[1], subheading, weight * 0.5)
      let steepness = 0
      for (const value of gradient) steepness += value * value
      for (let i = 0; i < positions.length; i++) {
        if (used[i] === 0) continue
        const factor = used[i]! * scale
        inputs.squares[positions[i]!]! += factor * factor * (steepness / dimensions)
        const pace = (rate * factor) / Math.sqrt(inputs.squares[positions[i]!]!)
        const start = positions[i]! * dimensions
        for (let d = 0; d < dimensions; d++) {
          const moved = (inputs.weights[start + d]! += pace * gradient[d]! * 0.3)
          if (size > 0) seen[start + d] = quantised(moved, size) * size
        }
      }
    }
    return loss / prepared.length
  }
  for (let epoch = 1; epoch <= epochs; epoch++) report(epoch, pass())

  turn(inputs.weights, outputs.weights, inner.weights, dimensions)
  const gaps = vocabulary.keys.map((key, i) => key - (vocabulary.keys[i - 1] ?? 0))
  const packed = (): Uint8Array =>
    zstdCompressSync(
      pack({ dimensions, step: size, headings, subheadings }, [
        Uint8Array.from(gaps, (gap) => gap & 255),
        Uint16Array.from(gaps, (gap) => gap >>> 8),
        vocabulary.idf,
        columns(inputs.weights, dimensions, size),
        ...layerOf(outputs, dimensions),
        ...layerOf(inner, dimensions),
      ]),
      { params: { [constants.ZSTD_c_compressionLevel]: 19 } },
    )
  /** Grows the step until the whole fits. */
  const fitting = (): Uint8Array => {
    for (;;) {
      const bytes = packed()
      if (bytes.length <= settings.bytes) return bytes
      size *= Math.max(1.01, (bytes.length / settings.bytes) ** 0.7)
    }
  }
  size = finest * Math.sqrt(inputs.weights.reduce((sum, weight) => sum + weight * weight, 0) / inputs.weights.length)
  fitting()
  seen = inputs.weights.map((weight) => quantised(weight, size) * size)
  for (let more = 1; more <= polishing; more++) report(epochs + more, pass())
  return fitting()
}

/** Passes in which all get used to the coarser vectors. */
const polishing = 2

/** The finest step of quantisation that is tried, in standard deviations of the weights. */
const finest = 1.5

/** How many steps a number is, seven either way at most: rounded, but down where it is hardly more than half a step. */
const quantised = (weight: number, size: number): number =>
  Math.sign(weight) * Math.min(7, Math.floor(Math.abs(weight) / size + 0.4))

/** Two numbers of a vector in one byte; the first bytes of all vectors, then the second ones, which compress better so. */
const columns = (weights: Float32Array, dimensions: number, size: number): Uint8Array => {
  const rows = weights.length / dimensions
  const half = (at: number) => quantised(weights[at]!, size) + 8
  return Uint8Array.from({ length: weights.length / 2 }, (_, i) => {
    const at = (i % rows) * dimensions + 2 * Math.floor(i / rows)
    return half(at) | (half(at + 1) << 4)
  })
}

/** Eight bits a weight, with a scale a row. */
const layerOf = ({ weights, biases }: Matrix, dimensions: number) => {
  const scales = Float32Array.from(biases, (_, row) => {
    let largest = 1e-9
    for (let d = 0; d < dimensions; d++) largest = Math.max(largest, Math.abs(weights[row * dimensions + d]!))
    return largest / 127
  })
  const vectors = Int8Array.from(weights, (weight, i) => Math.round(weight / scales[Math.floor(i / dimensions)]!))
  return [scales, biases, vectors]
}
