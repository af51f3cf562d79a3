/**
 * How evidence moves a candidate's confidence.
 *
 *     logit(p') = logit(p) + Σ relevance(s) · weight(s)      over the snippets s that name codes
 *
 * `weight` is +1.6 for a snippet that names the candidate's subheading, +0.9 for one that names its heading only, and
 * −0.7 for one that names other headings only. Supporting evidence never lowers a candidate, contradicting evidence never
 * lifts it, and irrelevant evidence (relevance 0) changes nothing. Where the sum over all candidates exceeds 1 it is
 * scaled back to 1. Pure.
 */
import { HsCode, headingOf } from "../domain/HsCode.ts"
import type { Candidate } from "../domain/Recognition.ts"

export interface CitedCodes {
  /** 0 to 1. */
  readonly relevance: number
  readonly codes: ReadonlyArray<HsCode>
}

const weights = { subheading: 1.6, heading: 0.9, elsewhere: -0.7 }

/** Confidence that a code starts with when only evidence brought it up. */
const unheardOf = 0.05

const logit = (p: number): number => Math.log(p / (1 - p))
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const bounded = (p: number): number => Math.min(0.999, Math.max(0.001, p))

const weightOf = (code: HsCode, codes: ReadonlyArray<HsCode>): number => {
  if (codes.length === 0) return 0
  if (codes.some((cited) => cited.startsWith(code))) return weights.subheading
  if (codes.some((cited) => cited === headingOf(code))) return weights.heading
  return codes.some((cited) => headingOf(cited) === headingOf(code)) ? 0 : weights.elsewhere
}

const round = (value: number): number => Math.round(value * 1000) / 1000

/** The candidates in the light of the evidence, best first; one that evidence alone names is added. */
export const weigh = (
  candidates: ReadonlyArray<Candidate>,
  evidence: ReadonlyArray<CitedCodes>,
  candidateFor: (code: HsCode) => Candidate | null,
): ReadonlyArray<Candidate> => {
  const telling = evidence.filter(({ relevance, codes }) => relevance > 0 && codes.length > 0)
  if (telling.length === 0) return candidates
  const known = new Set(candidates.map(({ code }) => code))
  const raised = [...new Set(telling.flatMap(({ codes }) => codes))].filter(
    (code) => code.length === 6 && !known.has(code),
  )
  const added = raised.flatMap((code) => {
    const candidate = candidateFor(code)
    return candidate ? [{ ...candidate, confidence: unheardOf }] : []
  })
  const moved = [...candidates, ...added].map((candidate) => {
    const shift = telling.reduce((sum, { relevance, codes }) => sum + relevance * weightOf(candidate.code, codes), 0)
    const confidence = logistic(logit(bounded(candidate.confidence)) + shift)
    return { ...candidate, confidence, source: shift > 0 ? ("context7" as const) : candidate.source }
  })
  const total = Math.max(
    1,
    moved.reduce((sum, { confidence }) => sum + confidence, 0),
  )
  return moved
    .map((candidate) => ({ ...candidate, confidence: round(candidate.confidence / total) }))
    .sort((a, b) => b.confidence - a.confidence)
}
