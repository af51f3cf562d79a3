/**
 * What Context7 says about a recognition: which codes it names and how much that has to do with the question. Keeps a
 * record of every call, also when one fails or the time is up.
 */
import { Duration, Effect, Ref } from "effect"
import type { Context7Analysis, Context7Call, Evidence } from "../domain/Analysis.ts"
import { dotted, HsCode, headingOf } from "../domain/HsCode.ts"
import type { Recognition } from "../domain/Recognition.ts"
import { type Context7Error, Context7Timeout } from "../context7/Context7Error.ts"
import type { Snippet } from "../context7/parse.ts"
import type { Nomenclature } from "../hs/Nomenclature.ts"
import { findWrittenCodes } from "../hs/WrittenCodes.ts"
import type { CitedCodes } from "./confidence.ts"
import { type EvidenceCache, Flight } from "./EvidenceCache.ts"

export interface CitedSnippet extends Snippet, CitedCodes {}

export interface Gathered {
  readonly snippets: ReadonlyArray<CitedSnippet>
  readonly calls: ReadonlyArray<Context7Call>
  /** Another turn's answer served; no call was made. */
  readonly cacheHit: boolean
  /** Why nothing, or not all, could be gathered. */
  readonly failure: Context7Error | null
}

const mostSnippets = 5
const snippetShown = 500

/** The question that goes out: the product's name and its likely heading, not the message. */
const questionOf = (recognition: Recognition): string => {
  const best = recognition.candidates[0]
  const subject = recognition.productName ?? best?.names.en ?? ""
  return `HS classification of ${subject}${best ? ` (${dotted(best.code)} ${best.names.en})` : ""}`
}

/** Evidence within `timeout` in all; never fails, `failure` says what went wrong. */
export const gatherEvidence = Effect.fn("DetailPages.gatherEvidence")(function* (
  cache: EvidenceCache["Service"],
  timeout: Duration.Duration,
  nomenclature: Nomenclature,
  recognition: Recognition,
) {
  const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
  const best = recognition.candidates[0]
  const about = (best && nomenclature.get(headingOf(best.code))?.names.en) ?? recognition.productName ?? ""
  const result = yield* cache.snippets({ question: questionOf(recognition), about }).pipe(
    Effect.provideService(Flight, calls),
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(new Context7Timeout({ operation: "evidence", after: Duration.toMillis(timeout) })),
    }),
    Effect.result,
  )
  const made = yield* Ref.get(calls)
  const answer = result._tag === "Success" ? result.success : { snippets: [], stale: false }
  return {
    snippets: answer.snippets
      .map((snippet) => cite(snippet, recognition, nomenclature))
      .sort((a, b) => b.relevance - a.relevance)
      .slice(0, mostSnippets),
    calls: made,
    cacheHit: result._tag === "Success" && (answer.stale || made.length === 0),
    failure: result._tag === "Failure" && result.failure._tag !== "LibraryNotFound" ? result.failure : null,
  } satisfies Gathered
})

const wordsIn = (text: string): ReadonlyArray<string> =>
  (text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => word.length > 2 || /[가-힣]/.test(word))

/** Share of the product's words, or of the best candidates' names, that the snippet carries: two words are enough for 1. */
const relevanceOf = (text: string, recognition: Recognition): number => {
  const lower = text.toLowerCase()
  const names = recognition.candidates.slice(0, 3).flatMap(({ names }) => [names.ko, names.en])
  const terms = new Set([recognition.productName ?? "", ...names].flatMap(wordsIn))
  const hits = [...terms].filter((term) => lower.includes(term)).length
  return Math.min(1, hits / 2)
}

const cite = (snippet: Snippet, recognition: Recognition, nomenclature: Nomenclature): CitedSnippet => {
  const text = `${snippet.title}\n${snippet.text}`
  const codes = findWrittenCodes(text)
    .map(({ digits }) => HsCode.make(digits.slice(0, 6)))
    .filter((code) => nomenclature.get(code) !== undefined)
  return { ...snippet, codes: [...new Set(codes)], relevance: relevanceOf(text, recognition) }
}

export const evidenceOf = (snippets: ReadonlyArray<CitedSnippet>): ReadonlyArray<Evidence> =>
  snippets
    .filter(({ relevance }) => relevance > 0)
    .map(({ title, source, text, codes }) => ({
      title,
      source,
      snippet: text.slice(0, snippetShown),
      codes: codes.map(dotted),
    }))

/** What the record keeps of all this. */
export const context7Analysis = ({ cacheHit, calls, snippets }: Gathered, confidence: number): Context7Analysis => {
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
