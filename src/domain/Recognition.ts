/**
 * What a message names: the codes it contains and the goods it describes, as ranked candidates of HS 2022.
 */
import { Schema } from "effect"
import { HsCode } from "./HsCode.ts"

/** 0 to 1. */
export const Confidence = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

export const Language = Schema.Literals(["ko", "en"])
export type Language = typeof Language.Type

/** Which part of the service decided: a code in the text, the lexicon, Context7's evidence, or an earlier result. */
export const AnalysisSource = Schema.Literals(["cache", "context7", "lexicon", "pattern"])
export type AnalysisSource = typeof AnalysisSource.Type

export const Names = Schema.Struct({ ko: Schema.String, en: Schema.String })
export type Names = typeof Names.Type

export const Candidate = Schema.Struct({
  code: HsCode,
  confidence: Confidence,
  names: Names,
  source: AnalysisSource,
})
export type Candidate = typeof Candidate.Type

export const Edition = Schema.Literals(["2017", "2022"])

/** A code that stands in the message; `successors` are its codes of HS 2022 (itself when it is current). */
export const WrittenCode = Schema.Struct({
  written: Schema.String,
  code: HsCode,
  edition: Edition,
  successors: Schema.Array(HsCode),
})
export type WrittenCode = typeof WrittenCode.Type

export const Recognition = Schema.Struct({
  language: Language,
  productName: Schema.NullOr(Schema.String),
  written: Schema.Array(WrittenCode),
  /** Digits that look like a code but stand for none in either edition. */
  unknown: Schema.Array(Schema.String),
  /** Best first, distinct codes, confidences that sum to 1 at most unless several codes were written. */
  candidates: Schema.Array(Candidate),
  /** The older edition's code that led to the first candidate. */
  supersedes: Schema.NullOr(HsCode),
})
export type Recognition = typeof Recognition.Type
