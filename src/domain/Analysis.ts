/**
 * The JSON columns of an AI message. What an older version stored still decodes: a key that came later has a default.
 */
import { Schema } from "effect"
import { ButtonType } from "./DetailButton.ts"
import { DottedCode } from "./HsCode.ts"
import { Intent } from "./Intent.ts"
import { Question } from "./Question.ts"
import { AnalysisSource, Confidence, Edition } from "./Recognition.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const HsCodeAnalysis = Schema.Struct({
  detected_hscode: Schema.NullOr(DottedCode),
  product_name: Schema.NullOr(Schema.String),
  classification_confidence: Confidence,
  candidates: Schema.Array(
    Schema.Struct({ code: DottedCode, confidence: Confidence, description: Schema.String, source: AnalysisSource }),
  ),
  intent_detection: Schema.Struct({
    primary_intent: Intent,
    secondary_intents: Schema.Array(Intent),
    intent_confidence: Confidence,
  }),
  /** Asked back at the end of the answer; the next message of the session may answer it. */
  question: Schema.optionalKey(Schema.NullOr(Question)),
  detail_buttons: Schema.Array(
    Schema.Struct({
      type: ButtonType,
      url: Schema.String,
      title: Schema.String,
      priority: Schema.Int,
      /** What it leads to; absent before version 2. */
      hscode: Schema.optionalKey(DottedCode),
      generated_at: Schema.String,
    }),
  ),
  processing_metadata: Schema.Struct({
    analysis_timestamp: Schema.String,
    processing_time_ms: Count,
    analysis_version: Schema.String,
  }),
})
export type HsCodeAnalysis = typeof HsCodeAnalysis.Type

/** One tool call as it happened; `output` is a summary, never the whole document. */
export const Context7Call = Schema.Struct({
  function: Schema.String,
  input: Schema.Record(Schema.String, Schema.String),
  output: Schema.String,
  duration_ms: Count,
  success: Schema.Boolean,
  timestamp: Schema.String,
  error: Schema.optionalKey(Schema.String),
})
export type Context7Call = typeof Context7Call.Type

export const Evidence = Schema.Struct({
  title: Schema.String,
  source: Schema.String,
  snippet: Schema.String,
  /** Codes of HS 2022 that the document names or that came of the older ones it names. */
  codes: Schema.Array(DottedCode),
  /** Codes of an older edition that it names. */
  outdated: Schema.optionalKey(
    Schema.Array(Schema.Struct({ code: DottedCode, edition: Edition, successors: Schema.Array(DottedCode) })),
  ),
  /** The Context7 library that said it. */
  library: Schema.optionalKey(Schema.String),
})
export type Evidence = typeof Evidence.Type

export const Context7Analysis = Schema.Struct({
  api_calls: Schema.Array(Context7Call),
  analysis_results: Schema.Struct({
    hscode_patterns_found: Schema.Array(DottedCode),
    context7_confidence: Confidence,
    documentation_relevance: Confidence,
    evidence: Schema.Array(Evidence),
  }),
  performance: Schema.Struct({
    total_api_calls: Count,
    total_duration_ms: Count,
    success_rate: Confidence,
    tokens_consumed: Count,
    cache_hits: Count,
    error_count: Count,
  }),
})
export type Context7Analysis = typeof Context7Analysis.Type

export const SseBookmarkData = Schema.Struct({
  bookmark_available: Schema.Boolean,
  bookmark_type: Schema.Literal("HS_CODE"),
  target_value: Schema.NullOr(DottedCode),
  display_name: Schema.NullOr(Schema.String),
  confidence: Confidence,
})
export type SseBookmarkData = typeof SseBookmarkData.Type
