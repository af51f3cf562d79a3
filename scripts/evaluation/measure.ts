/** What a classifier got right: top-1 and top-5 by heading and subheading, and whether its confidence means what it says. */
import type { Labelled } from "../training/labelled.ts"

export interface Answer {
  readonly code: string
  readonly confidence: number
}

export type Classifier = (query: string) => ReadonlyArray<Answer>

export interface Measured {
  readonly rows: number
  readonly heading1: number
  readonly heading5: number
  /** Among the rows whose label has six digits. */
  readonly subheading1: number
  readonly subheading5: number
  /** Expected calibration error of the first heading, in ten bins. */
  readonly calibrationError: number
  /** Milliseconds. */
  readonly perQuery: number
  readonly bins: ReadonlyArray<Bin>
  readonly misses: ReadonlyArray<{ readonly row: Labelled; readonly answers: ReadonlyArray<Answer> }>
}

export interface Bin {
  readonly from: number
  readonly count: number
  readonly meanConfidence: number
  readonly right: number
}

const distinct = (codes: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(codes)]

export const measure = (classify: Classifier, rows: ReadonlyArray<Labelled>): Measured => {
  const started = performance.now()
  const answered = rows.map((row) => ({ row, answers: classify(row.query) }))
  const perQuery = (performance.now() - started) / Math.max(1, rows.length)
  const judged = answered.map(({ row, answers }) => {
    const headings = distinct(answers.map(({ code }) => code.slice(0, 4)))
    const confidence = answers
      .filter(({ code }) => code.slice(0, 4) === headings[0])
      .reduce((sum, answer) => sum + answer.confidence, 0)
    return {
      row,
      answers,
      confidence: Math.min(1, confidence),
      heading1: headings[0] === row.code.slice(0, 4),
      heading5: headings.slice(0, 5).includes(row.code.slice(0, 4)),
      six: row.code.length >= 6,
      subheading1: answers[0]?.code === row.code.slice(0, 6),
      subheading5: answers.slice(0, 5).some(({ code }) => code === row.code.slice(0, 6)),
    }
  })
  const share = (of: ReadonlyArray<unknown>, hits: number) => (of.length === 0 ? Number.NaN : hits / of.length)
  const six = judged.filter((one) => one.six)
  const bins = Array.from({ length: 10 }, (_, index): Bin => {
    const inside = judged.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === index)
    return {
      from: index / 10,
      count: inside.length,
      meanConfidence: share(
        inside,
        inside.reduce((sum, { confidence }) => sum + confidence, 0),
      ),
      right: share(inside, inside.filter(({ heading1 }) => heading1).length),
    }
  })
  return {
    rows: rows.length,
    heading1: share(judged, judged.filter((one) => one.heading1).length),
    heading5: share(judged, judged.filter((one) => one.heading5).length),
    subheading1: share(six, six.filter((one) => one.subheading1).length),
    subheading5: share(six, six.filter((one) => one.subheading5).length),
    calibrationError: bins
      .filter(({ count }) => count > 0)
      .reduce(
        (sum, { count, meanConfidence, right }) => sum + (count * Math.abs(meanConfidence - right)) / rows.length,
        0,
      ),
    perQuery,
    bins,
    misses: judged.filter((one) => !one.heading1).map(({ row, answers }) => ({ row, answers })),
  }
}

/** Adds up what was measured of several sets. */
export const pooledBins = (all: ReadonlyArray<Measured>): ReadonlyArray<Bin> =>
  Array.from({ length: 10 }, (_, index) => {
    const bins = all.map(({ bins }) => bins[index]!).filter(({ count }) => count > 0)
    const count = bins.reduce((sum, bin) => sum + bin.count, 0)
    const weighted = (of: (bin: Bin) => number) =>
      count === 0 ? 0 : bins.reduce((sum, bin) => sum + of(bin) * bin.count, 0) / count
    return {
      from: index / 10,
      count,
      meanConfidence: weighted((bin) => bin.meanConfidence),
      right: weighted((bin) => bin.right),
    }
  })
