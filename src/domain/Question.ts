/** A question back, when the answer to it would tell the likely codes apart. */
import { Schema } from "effect"
import { DottedCode } from "./HsCode.ts"
import { Names } from "./Recognition.ts"

/** Why one code and not the other. */
export const DistinctionKind = Schema.Literals(["material", "state", "part", "rule", "function"])
export type DistinctionKind = typeof DistinctionKind.Type

export const Distinction = Schema.Struct({ kind: DistinctionKind, text: Names })
export type Distinction = typeof Distinction.Type

export const Question = Schema.Struct({
  kind: DistinctionKind,
  text: Schema.String,
  /** Two to four, and at last "I don't know", whose `refinement` is null. */
  options: Schema.Array(
    Schema.Struct({
      label: Schema.String,
      /** What to ask next: the product with this answer. */
      refinement: Schema.NullOr(Schema.String),
      codes: Schema.Array(DottedCode),
    }),
  ),
})
export type Question = typeof Question.Type
