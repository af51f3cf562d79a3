/**
 * Puts what the alias index and the learned model say of a phrase together into ranked codes with probabilities.
 *
 *     score(heading)         = w · headingSignals        softmax over the candidate headings and "none of these"
 *     score(subheading | h)  = v · subheadingSignals     softmax within the heading
 *     P(subheading)          = P(heading) · P(subheading | heading)
 *
 * The weights are fitted by `scripts/train.ts` to rows that the learned model has not seen, so that probabilities mean
 * what they say. Phrases of more than `longPhrase` words have weights of their own. Pure.
 */
import type { AliasIndex, Match } from "./AliasIndex.ts"
import { featuresOf } from "./features.ts"
import type { LearnedModel, Prediction } from "./LearnedModel.ts"
import type { Nomenclature } from "./Nomenclature.ts"
import { wordsOf } from "./text.ts"

export interface RankingWeights {
  readonly short: {
    readonly heading: ReadonlyArray<number>
    readonly none: ReadonlyArray<number>
    readonly subheading: ReadonlyArray<number>
  }
  readonly long: RankingWeights["short"]
}

export interface Signals {
  readonly long: boolean
  readonly headings: ReadonlyArray<{ readonly heading: string; readonly values: ReadonlyArray<number> }>
  /** Signals of "none of these". */
  readonly none: ReadonlyArray<number>
  readonly subheadings: (
    heading: string,
  ) => ReadonlyArray<{ readonly code: string; readonly values: ReadonlyArray<number> }>
}

const longPhrase = 9
const fromModel = 20
const fromIndex = 30
const faint = 1e-6

const logOdds = (probability: number): number => Math.log(probability + 1e-4)

interface Tally {
  best: number
  second: number
  mass: number
  exact: number
}

const tally = (matches: ReadonlyArray<Match>, keyOf: (match: Match) => string): ReadonlyMap<string, Tally> => {
  const out = new Map<string, Tally>()
  for (const match of matches) {
    const key = keyOf(match)
    const seen = out.get(key) ?? { best: 0, second: 0, mass: 0, exact: 0 }
    if (match.similarity > seen.best) {
      seen.second = seen.best
      seen.best = match.similarity
    } else seen.second = Math.max(seen.second, match.similarity)
    seen.mass += match.similarity ** 3
    if (match.exact) seen.exact = 1
    out.set(key, seen)
  }
  return out
}

/** Positions of the highest values, highest first; of equal ones the earlier. Sorting all of them is most of the work. */
const highestOf = (values: Float32Array, count: number): ReadonlyArray<number> => {
  const highest: Array<number> = []
  for (let position = 0; position < values.length; position++) {
    const value = values[position]!
    if (highest.length === count && value <= values[highest[count - 1]!]!) continue
    let at = highest.length
    while (at > 0 && values[highest[at - 1]!]! < value) at--
    highest.splice(at, 0, position)
    if (highest.length > count) highest.pop()
  }
  return highest
}

const nothing: Tally = { best: 0, second: 0, mass: 0, exact: 0 }

/** What is known of a phrase that has been normalised and freed of its question. */
export const signalsOf = (
  phrase: string,
  index: AliasIndex,
  model: LearnedModel,
  nomenclature: Nomenclature,
): Signals => {
  const words = wordsOf(phrase)
  const features = featuresOf(words)
  const matches = index.search(phrase, features)
  const prediction = model.predict(features)
  const byHeading = tally(matches, ({ code }) => code.slice(0, 4))
  const byCode = tally(matches, ({ code }) => code)
  const likely = highestOf(prediction.headings, fromModel)
  const candidates = new Set([
    ...[...byHeading]
      .sort((a, b) => b[1].best - a[1].best)
      .slice(0, fromIndex)
      .map(([heading]) => heading),
    ...likely.map((position) => model.headings[position]!),
  ])
  const highest = matches[0]?.similarity ?? 0
  const mass = matches.reduce((sum, { similarity }) => sum + similarity ** 3, faint)
  const headings = [...candidates].map((heading) => {
    const seen = byHeading.get(heading) ?? nothing
    const position = model.positions.get(heading)
    const probability = position === undefined ? 0 : prediction.headings[position]!
    return {
      heading,
      values: [
        seen.best,
        seen.best ** 3,
        seen.second,
        seen.mass / mass,
        seen.exact,
        highest - seen.best,
        logOdds(probability),
        probability,
        Math.sqrt(seen.best * probability),
      ],
    }
  })
  const mostProbable = Math.max(0, ...likely.map((position) => prediction.headings[position]!))
  return {
    long: words.length > longPhrase,
    headings,
    none: [1, highest, logOdds(mostProbable), prediction.known],
    subheadings: (heading) => subheadingSignals(heading, byCode, prediction, nomenclature),
  }
}

const subheadingSignals = (
  heading: string,
  byCode: ReadonlyMap<string, Tally>,
  prediction: Prediction,
  nomenclature: Nomenclature,
) => {
  const entry = nomenclature.get(heading)
  if (!entry) return []
  const learned = prediction.within(heading)
  const own = byCode.get(heading) ?? nothing
  return entry.children.map((code) => {
    const seen = byCode.get(code) ?? nothing
    const usual = entry.usual === code ? 1 : 0
    return {
      code: code as string,
      values: [seen.best, seen.best ** 3, seen.exact, logOdds(learned.get(code) ?? 0), usual, usual * own.best],
    }
  })
}

const dot = (weights: ReadonlyArray<number>, values: ReadonlyArray<number>): number =>
  values.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0)

/** Softmax of scores. */
export const probabilitiesOf = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
  const highest = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - highest))
  const total = raised.reduce((sum, value) => sum + value, 0)
  return raised.map((value) => value / total)
}

export interface RankedHeading {
  readonly heading: string
  readonly probability: number
  /** Its subheadings, most probable first; the probabilities sum to the heading's. */
  readonly subheadings: ReadonlyArray<{ readonly code: string; readonly probability: number }>
}

const fewest = 0.003
const mostHeadings = 10

/** Most probable headings first. */
export const rank = (signals: Signals, weights: RankingWeights): ReadonlyArray<RankedHeading> => {
  const { heading: w, none, subheading: v } = signals.long ? weights.long : weights.short
  const probabilities = probabilitiesOf([
    ...signals.headings.map(({ values }) => dot(w, values)),
    dot(none, signals.none),
  ])
  return signals.headings
    .map(({ heading }, i) => ({ heading, probability: probabilities[i]! }))
    .sort((a, b) => b.probability - a.probability)
    .filter(({ probability }, i) => probability > fewest || i < 5)
    .slice(0, mostHeadings)
    .map(({ heading, probability }) => {
      const inside = signals.subheadings(heading)
      const shares = inside.length === 0 ? [] : probabilitiesOf(inside.map(({ values }) => dot(v, values)))
      const subheadings = inside
        .map(({ code }, i) => ({ code, probability: probability * shares[i]! }))
        .sort((a, b) => b.probability - a.probability)
      return { heading, probability, subheadings }
    })
}
