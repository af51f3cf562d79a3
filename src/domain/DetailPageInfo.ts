/** What is known of a message's goods: shared by the buttons, the record and the detail page. */
import { Schema } from "effect"
import { Evidence } from "./Analysis.ts"
import { HsCode } from "./HsCode.ts"
import { Candidate } from "./Recognition.ts"

export const DetailPageInfo = Schema.Struct({
  /** The code that the buttons lead to; null when nothing was sure enough. */
  detected: Schema.NullOr(Candidate),
  candidates: Schema.Array(Candidate),
  productName: Schema.NullOr(Schema.String),
  supersedes: Schema.NullOr(HsCode),
  evidence: Schema.Array(Evidence),
})
export type DetailPageInfo = typeof DetailPageInfo.Type
