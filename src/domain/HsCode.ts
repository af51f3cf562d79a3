/**
 * Codes of the Harmonized System: 2 digits name a chapter, 4 a heading, 6 a subheading, 8 or 10 a national tariff line.
 */
import { Schema } from "effect"

/** A code in digits only, e.g. `851713`. */
export const HsCode = Schema.String.check(
  Schema.isPattern(/^\d{2}(\d{2}){0,4}$/, { message: "expected 2, 4, 6, 8 or 10 digits" }),
).pipe(Schema.brand("HsCode"))
export type HsCode = typeof HsCode.Type

export const headingOf = (code: HsCode): HsCode => HsCode.make(code.slice(0, 4))
export const subheadingOf = (code: HsCode): HsCode => HsCode.make(code.slice(0, 6))

/** The form that people read: `85`, `8517`, `8517.13`, `8517.13.0000`. */
export const dotted = (code: string): string =>
  [code.slice(0, 4), code.slice(4, 6), code.slice(6)].filter((part) => part !== "").join(".")

/** A code as written on the wire, e.g. `8517.13`. */
export const DottedCode = Schema.String.check(Schema.isPattern(/^\d{2}$|^\d{4}(\.\d{2}(\.\d{2,4})?)?$/))
