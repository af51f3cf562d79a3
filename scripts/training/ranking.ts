/** Fits the ranking's weights: maximum likelihood by gradient descent on rows that the learned model has not seen. */
import { probabilitiesOf, type RankingWeights, type Signals } from "../../src/hs/ranking.ts"

export interface RankingExample {
  readonly signals: Signals
  /** Digits, 4 to 10. */
  readonly code: string
  readonly weight: number
}

/** One choice: the values of its options and which is right. */
interface Choice {
  readonly options: ReadonlyArray<ReadonlyArray<number>>
  readonly right: number
  readonly weight: number
}

const rounds = 1500
const decay = 1e-4

const descend = (choices: ReadonlyArray<Choice>, size: number): ReadonlyArray<number> => {
  const weights = new Float64Array(size)
  const squares = new Float64Array(size).fill(1e-8)
  const moments = new Float64Array(size)
  for (let round = 1; round <= rounds; round++) {
    const gradient = new Float64Array(size)
    let total = 0
    for (const { options, right, weight } of choices) {
      const probabilities = probabilitiesOf(
        options.map((values) => values.reduce((sum, value, i) => sum + value * weights[i]!, 0)),
      )
      total += weight
      options.forEach((values, option) => {
        const error = ((option === right ? 1 : 0) - probabilities[option]!) * weight
        for (let i = 0; i < size; i++) gradient[i]! += error * values[i]!
      })
    }
    for (let i = 0; i < size; i++) {
      const step = gradient[i]! / Math.max(total, 1e-9) - decay * weights[i]!
      moments[i] = 0.9 * moments[i]! + 0.1 * step
      squares[i] = 0.99 * squares[i]! + 0.01 * step * step
      weights[i]! += (0.03 * moments[i]!) / Math.sqrt(squares[i]!)
    }
  }
  return Array.from(weights, (weight) => Math.round(weight * 1e4) / 1e4)
}

const padded = (before: number, values: ReadonlyArray<number>, after: number) => [
  ...Array<number>(before).fill(0),
  ...values,
  ...Array<number>(after).fill(0),
]

const fitOne = (examples: ReadonlyArray<RankingExample>): RankingWeights["short"] => {
  const width = examples[0]?.signals.headings[0]?.values.length ?? 0
  const noneWidth = examples[0]?.signals.none.length ?? 0
  const headings = examples.map(({ signals, code, weight }): Choice => {
    const right = signals.headings.findIndex(({ heading }) => heading === code.slice(0, 4))
    const options = [
      ...signals.headings.map(({ values }) => padded(0, values, noneWidth)),
      padded(width, signals.none, 0),
    ]
    return { options, right: right < 0 ? options.length - 1 : right, weight }
  })
  const subheadings = examples.flatMap(({ signals, code, weight }): ReadonlyArray<Choice> => {
    if (code.length < 6) return []
    const inside = signals.subheadings(code.slice(0, 4))
    const right = inside.findIndex((option) => option.code === code.slice(0, 6))
    return right < 0 || inside.length < 2 ? [] : [{ options: inside.map(({ values }) => values), right, weight }]
  })
  const all = descend(headings, width + noneWidth)
  return {
    heading: all.slice(0, width),
    none: all.slice(width),
    subheading: descend(subheadings, subheadings[0]?.options[0]?.length ?? 0),
  }
}

export const fitRanking = (examples: ReadonlyArray<RankingExample>): RankingWeights => ({
  short: fitOne(examples.filter(({ signals }) => !signals.long)),
  long: fitOne(examples.filter(({ signals }) => signals.long)),
})
