/**
 * Decides which code the buttons lead to. This is also the fallback analyser: it needs nothing but the candidates.
 * Pure.
 */
import { headingOf } from "../domain/HsCode.ts"
import type { Candidate } from "../domain/Recognition.ts"
import type { Nomenclature } from "../hs/Nomenclature.ts"

/** From here on a recognition is sure enough to go out before any evidence. */
export const sure = 0.9

/** Below it no button is offered. */
const threshold = 0.35

/** The code to show: the best candidate, or its heading when only the candidates of one heading together are likely. */
export const settle = (candidates: ReadonlyArray<Candidate>, nomenclature: Nomenclature): Candidate | null => {
  const best = candidates[0]
  if (!best) return null
  if (best.confidence >= threshold) return best
  const heading = nomenclature.get(headingOf(best.code))
  const mass = candidates
    .filter(({ code }) => headingOf(code) === heading?.code)
    .reduce((sum, { confidence }) => sum + confidence, 0)
  if (!heading || mass < threshold) return null
  return {
    code: heading.code,
    confidence: Math.min(1, Math.round(mass * 1000) / 1000),
    names: heading.names,
    source: best.source,
  }
}
