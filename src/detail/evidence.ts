/** What Context7 says about a recognition, what that does to its candidates, and what the record keeps of it. */
import { Effect, type Ref } from "effect"
import type { Context7Analysis, Context7Call } from "../domain/Analysis.ts"
import { dotted, type HsCode, headingOf } from "../domain/HsCode.ts"
import type { Candidate, Recognition } from "../domain/Recognition.ts"
import type { Context7Error } from "../context7/Context7Error.ts"
import type { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { weigh } from "./confidence.ts"
import type { EvidenceCache } from "./EvidenceCache.ts"
import { type CitedSnippet, citing, evidenceOf } from "./relevance.ts"

export interface Findings {
  readonly candidates: ReadonlyArray<Candidate>
  readonly snippets: ReadonlyArray<CitedSnippet>
  readonly calls: ReadonlyArray<Context7Call>
  /** Another turn's result, or an answer that it got, served. */
  readonly cacheHit: boolean
  /** That answer had expired, and served because Context7 failed. */
  readonly stale: boolean
  /** Why the recognition's own candidates serve. */
  readonly failure: Context7Error | null
}

const mostSnippets = 5

/** The candidates in the light of what Context7 says, with the snippets that say most of them. */
export const gatherWith =
  (evidence: EvidenceCache["Service"], { editions, nomenclature }: HarmonizedSystem["Service"]) =>
  (recognition: Recognition, calls: Ref.Ref<ReadonlyArray<Context7Call>>) =>
    Effect.gen(function* () {
      const [best] = recognition.candidates
      if (!best) return { candidates: [], snippets: [], libraries: [], kept: false, stale: false, partial: false }
      const heading = nomenclature.get(headingOf(best.code))?.names.en ?? best.names.en
      const asked = { product: recognition.productName ?? best.names.en, code: best.code, name: best.names.en, heading }
      const answer = yield* evidence.ask(asked, calls)
      const snippets = answer.snippets
        .map(citing(recognition, nomenclature, editions))
        .sort((a, b) => b.relevance - a.relevance)
        .slice(0, mostSnippets)
      const candidateFor = (code: HsCode): Candidate | null => {
        const entry = nomenclature.get(code)
        return entry ? { code, confidence: 0, names: entry.names, source: "context7" } : null
      }
      return { ...answer, snippets, candidates: weigh(recognition.candidates, snippets, candidateFor) }
    })

/** What the record keeps of all this; null when Context7 was neither asked nor had been. */
export const context7Analysis = (
  { cacheHit, calls, snippets }: Findings,
  confidence: number,
): Context7Analysis | null => {
  if (calls.length === 0 && !cacheHit) return null
  const failed = calls.filter(({ success }) => !success).length
  const characters = snippets.reduce((sum, { text }) => sum + text.length, 0)
  return {
    api_calls: calls,
    analysis_results: {
      hscode_patterns_found: [...new Set(snippets.flatMap(({ codes }) => codes.map(dotted)))],
      context7_confidence: confidence,
      documentation_relevance: Math.max(0, ...snippets.map(({ relevance }) => relevance)),
      evidence: evidenceOf(snippets),
    },
    performance: {
      total_api_calls: calls.length,
      total_duration_ms: calls.reduce((sum, { duration_ms }) => sum + duration_ms, 0),
      success_rate: calls.length === 0 ? 0 : Math.round(((calls.length - failed) / calls.length) * 1000) / 1000,
      tokens_consumed: Math.ceil(characters / 4),
      cache_hits: cacheHit ? 1 : 0,
      error_count: failed,
    },
  }
}
