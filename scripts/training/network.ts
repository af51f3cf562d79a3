/**
 * Fits the network of `src/hs/LearnedModel.ts` by stochastic gradient descent with Adagrad steps, and packs it into
 * bytes. One example costs one pass over the headings and over the subheadings of its own heading.
 */
import { constants, zstdCompressSync } from "node:zlib"
import { pack } from "../../src/hs/arrays.ts"
import type { Features } from "../../src/hs/features.ts"

export interface Example {
  readonly features: Features
  readonly heading: string
  /** Six digits, or null when only the heading is known. */
  readonly subheading: string | null
  readonly weight: number
}

export interface Settings {
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

/** The most frequent features, seen at least twice. */
const vocabularyOf = (examples: ReadonlyArray<Example>, size: number) => {
  const counts = new Map<number, number>()
  for (const { features } of examples) for (const hash of features.hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1)
  const kept = [...counts]
    .filter(([, count]) => count > 1)
    .sort((a, b) => b[1] - a[1])
    .slice(0, size)
  const hashes = kept.map(([hash]) => hash).sort((a, b) => a - b)
  const idf = hashes.map((hash) => Math.round(16 * Math.log(1 + examples.length / counts.get(hash)!)))
  return {
    hashes: Int32Array.from(hashes),
    /** In sixteenths. */
    idf: Uint8Array.from(idf),
    positions: new Map(hashes.map((hash, index) => [hash, index])),
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
  const inputs = matrix(vocabulary.hashes.length, dimensions, random, 1 / Math.sqrt(dimensions))
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
      const position = vocabulary.positions.get(hash)
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
  /** One pass over the examples in another order; the features' vectors may stay as they are. */
  const pass = (movesInputs: boolean): number => {
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
        for (let d = 0; d < dimensions; d++) hidden[d]! += factor * inputs.weights[start + d]!
      }
      loss += step(outputs, 0, headings.length, heading, weight)
      if (subheading >= 0 && range[1] - range[0] > 1) loss += step(inner, range[0], range[1], subheading, weight * 0.5)
      if (!movesInputs) continue
      let size = 0
      for (const value of gradient) size += value * value
      for (let i = 0; i < positions.length; i++) {
        if (used[i] === 0) continue
        const factor = used[i]! * scale
        inputs.squares[positions[i]!]! += factor * factor * (size / dimensions)
        const pace = (rate * factor) / Math.sqrt(inputs.squares[positions[i]!]!)
        const start = positions[i]! * dimensions
        for (let d = 0; d < dimensions; d++) inputs.weights[start + d]! += pace * gradient[d]! * 0.3
      }
    }
    return loss / prepared.length
  }
  for (let epoch = 1; epoch <= epochs; epoch++) report(epoch, pass(true))

  const gaps = vocabulary.hashes.map((hash, i) => (i === 0 ? hash : (hash - vocabulary.hashes[i - 1]!) | 0))
  const packed = (size: number): Uint8Array =>
    zstdCompressSync(
      pack({ dimensions, step: size, headings, subheadings }, [
        gaps,
        vocabulary.idf,
        halves(inputs.weights, size),
        ...layerOf(outputs, dimensions),
        ...layerOf(inner, dimensions),
      ]),
      { params: { [constants.ZSTD_c_compressionLevel]: 19 } },
    )
  const spread = Math.sqrt(inputs.weights.reduce((sum, weight) => sum + weight * weight, 0) / inputs.weights.length)
  let size = finest * spread
  while (packed(size).length > settings.bytes) size *= 1.03
  for (let i = 0; i < inputs.weights.length; i++) inputs.weights[i] = halved(inputs.weights[i]!, size) * size
  for (let more = 1; more <= polishing; more++) report(epochs + more, pass(false))
  return packed(size)
}

/** Passes in which the headings get used to the features' coarser vectors. */
const polishing = 1

/** The finest step of quantisation that is tried, in standard deviations of the weights. */
const finest = 1.5

/** The nearest whole multiple of a step, seven either way. */
const halved = (weight: number, size: number): number => Math.max(-7, Math.min(7, Math.round(weight / size)))

/** Two of them in one byte. */
const halves = (weights: Float32Array, size: number): Uint8Array => {
  const half = (at: number) => halved(weights[at]!, size) + 8
  return Uint8Array.from({ length: weights.length / 2 }, (_, i) => half(2 * i) | (half(2 * i + 1) << 4))
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
