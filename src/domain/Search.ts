/** The answer of `GET /api/hs/search`. */
import { Schema } from "effect"
import { DottedCode } from "./HsCode.ts"
import { Distinction, Question } from "./Question.ts"
import { AnalysisSource, Confidence, Language, Names } from "./Recognition.ts"

/** Confidence in words: strong from 0.8, good from 0.5, possible below. */
export const Strength = Schema.Literals(["strong", "good", "possible"])
export type Strength = typeof Strength.Type

export const strengthOf = (confidence: number): Strength =>
  confidence >= 0.8 ? "strong" : confidence >= 0.5 ? "good" : "possible"

export const SearchResult = Schema.Struct({
  query: Schema.String,
  language: Language,
  candidates: Schema.Array(
    Schema.Struct({
      hscode: DottedCode,
      confidence: Confidence,
      strength: Strength,
      source: AnalysisSource,
      names: Names,
      /** Names from the chapter down. */
      path: Schema.Array(Schema.Struct({ code: DottedCode, names: Names })),
      /** Why it did not come first; null for the first. */
      distinction: Schema.NullOr(Distinction),
    }),
  ),
  /** Codes written in the query that belong to HS 2017, with what became of them. */
  superseded: Schema.Array(Schema.Struct({ hscode: DottedCode, successors: Schema.Array(DottedCode) })),
  /** Codes written in the query that no edition has. */
  unknown: Schema.Array(Schema.String),
  question: Schema.NullOr(Question),
})
export type SearchResult = typeof SearchResult.Type

/** One entry of `GET /api/members/me/recent-queries`: the product or the codes of a question. */
export const RecentQuery = Schema.Struct({
  query: Schema.String,
  hscode: Schema.NullOr(DottedCode),
  askedAt: Schema.String,
})
export type RecentQuery = typeof RecentQuery.Type
