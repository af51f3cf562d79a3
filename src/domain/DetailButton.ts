/** The buttons that lead from a chat answer to its detail page. */
import { Schema } from "effect"
import { DottedCode } from "./HsCode.ts"
import { AnalysisSource, Confidence } from "./Recognition.ts"

export const ButtonType = Schema.Literals(["HS_CODE", "REGULATION", "STATISTICS"])
export type ButtonType = typeof ButtonType.Type

const ButtonMetadata = Schema.Struct({
  hscode: DottedCode,
  country: Schema.String,
  confidence: Confidence,
  /** Milliseconds from the turn's start. */
  searchTime: Schema.Int,
  analysisSource: AnalysisSource,
  categoryInfo: Schema.Struct({
    chapter: Schema.String,
    heading: Schema.NullOr(Schema.String),
    subheading: Schema.NullOr(Schema.String),
    description: Schema.String,
  }),
  alternatives: Schema.Array(Schema.Struct({ hscode: DottedCode, description: Schema.String, confidence: Confidence })),
  supersedes: Schema.NullOr(DottedCode),
})

/** As it stands in `detail_page_button_ready`, once by its fields and once more as `detailPageButton`. */
export const buttonFields = {
  type: Schema.Literal("button"),
  buttonType: ButtonType,
  priority: Schema.Literals([1, 2, 3]),
  url: Schema.String,
  title: Schema.String,
  description: Schema.String,
  isReady: Schema.Literal(true),
  metadata: ButtonMetadata,
  actionData: Schema.Struct({
    queryParams: Schema.Record(Schema.String, Schema.String),
    analytics: Schema.Record(Schema.String, Schema.String),
  }),
}

export const DetailButton = Schema.Struct(buttonFields)
export type DetailButton = typeof DetailButton.Type
