/** Turning the learned model's space changes no score, and gathers what tells headings apart in the first numbers. */
import { assert, test } from "vitest"
import { turn } from "../../scripts/training/turn.ts"

const dimensions = 8
/** Rows whose numbers all depend on two that vary. */
const rows = (count: number, seed: number) =>
  Float32Array.from({ length: count * dimensions }, (_, i) => {
    const [row, column] = [Math.floor(i / dimensions), i % dimensions]
    return Math.sin(seed + row) * (column + 1) + Math.cos(seed * row) * (column % 3) + 0.01 * Math.sin(7 * i + seed)
  })

const scores = (features: Float32Array, outputs: Float32Array) =>
  Array.from({ length: 20 }, (_, n) => {
    const [feature, output] = [(n * 5) % 64, n % 16]
    let sum = 0
    for (let d = 0; d < dimensions; d++) sum += features[feature * dimensions + d]! * outputs[output * dimensions + d]!
    return sum
  })

test("all scores stay the same, and most numbers of a vector become small", () => {
  const [features, headings, subheadings] = [rows(64, 1), rows(16, 2), rows(16, 3)]
  const before = [scores(features, headings), scores(features, subheadings)].flat()
  turn(features, headings, subheadings, dimensions)
  const after = [scores(features, headings), scores(features, subheadings)].flat()
  before.forEach((score, n) => assert.closeTo(after[n]!, score, 1e-3 * (1 + Math.abs(score))))
  const spread = Array.from({ length: dimensions }, (_, d) =>
    Math.hypot(...Array.from({ length: 64 }, (_, row) => features[row * dimensions + d]!)),
  ).sort((a, b) => b - a)
  assert.isBelow(spread[2]!, spread[0]! / 10)
})
