/**
 * Asks Context7 about a recognition: which library, what it says, which codes it names and how much that has to do with
 * the question. Keeps a record of every call, also when one fails or the time is up.
 */
import { Clock, DateTime, Duration, Effect, Ref } from "effect"
import type { Context7Analysis, Context7Call, Evidence } from "../domain/Analysis.ts"
import { dotted, HsCode, headingOf } from "../domain/HsCode.ts"
import type { Recognition } from "../domain/Recognition.ts"
import type { Context7Service } from "../context7/Context7.ts"
import { type Context7Error, Context7Timeout } from "../context7/Context7Error.ts"
import type { Snippet } from "../context7/parse.ts"
import type { Nomenclature } from "../hs/Nomenclature.ts"
import { findWrittenCodes } from "../hs/WrittenCodes.ts"
import type { CitedCodes } from "./confidence.ts"

export interface CitedSnippet extends Snippet, CitedCodes {}

export interface Gathered {
  readonly snippets: ReadonlyArray<CitedSnippet>
  readonly calls: ReadonlyArray<Context7Call>
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

/** Evidence within `context7.timeout` in all; never fails, `failure` says what went wrong. */
export const gatherEvidence = Effect.fn("DetailPages.gatherEvidence")(function* (
  context7: Context7Service,
  nomenclature: Nomenclature,
  recognition: Recognition,
) {
  const calls = yield* Ref.make<ReadonlyArray<Context7Call>>([])
  const question = questionOf(recognition)
  const best = recognition.candidates[0]
  const name = (best && nomenclature.get(headingOf(best.code))?.names.en) ?? recognition.productName ?? ""

  const resolved: Effect.Effect<ReadonlyArray<string>, Context7Error> = context7.libraries.length > 0
    ? Effect.succeed(context7.libraries)
    : recorded(
        calls,
        "resolve-library-id",
        { libraryName: name },
        (found) => `${found.length} libraries`,
        context7.resolveLibraryId(name, question),
      ).pipe(Effect.map((found) => found.slice(0, 1).map(({ id }) => id)))
  const asked = resolved.pipe(
    Effect.flatMap(
      Effect.forEach((id) =>
        recorded(
          calls,
          "query-docs",
          { libraryId: id },
          (found) => `${found.length} snippets`,
          context7.getLibraryDocs(id, question),
        ),
      ),
    ),
    Effect.timeoutOrElse({
      duration: context7.timeout,
      orElse: () =>
        Effect.fail(new Context7Timeout({ operation: "evidence", after: Duration.toMillis(context7.timeout) })),
    }),
    Effect.result,
  )
  const result = yield* asked
  const found = result._tag === "Success" ? result.success.flat() : []
  return {
    snippets: found
      .map((snippet) => cite(snippet, recognition, nomenclature))
      .sort((a, b) => b.relevance - a.relevance)
      .slice(0, mostSnippets),
    calls: yield* Ref.get(calls),
    failure: result._tag === "Failure" && result.failure._tag !== "LibraryNotFound" ? result.failure : null,
  } satisfies Gathered
})

const recorded = <A>(
  calls: Ref.Ref<ReadonlyArray<Context7Call>>,
  tool: string,
  input: Record<string, string>,
  summary: (value: A) => string,
  call: Effect.Effect<A, Context7Error>,
) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const timestamp = DateTime.formatIso(yield* DateTime.now)
    const note = (success: boolean, output: string, error?: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (ended) =>
        Ref.update(calls, (all) => [
          ...all,
          {
            function: tool,
            input,
            output,
            duration_ms: Math.round(ended - started),
            success,
            timestamp,
            ...(error === undefined ? {} : { error }),
          },
        ]),
      )
    return yield* call.pipe(
      Effect.tap((value) => note(true, summary(value))),
      Effect.tapError((error) => note(false, "", error._tag)),
      Effect.onInterrupt(() => note(false, "", "Context7Timeout")),
    )
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
export const context7Analysis = ({ snippets, calls }: Gathered, confidence: number): Context7Analysis => {
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
      cache_hits: 0,
      error_count: failed,
    },
  }
}
