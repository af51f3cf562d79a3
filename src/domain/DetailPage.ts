/** The answer of `GET /api/detail/hscode/{code}`: everything that the page of a code shows. */
import { Schema } from "effect"
import { Evidence } from "./Analysis.ts"
import { DottedCode } from "./HsCode.ts"
import { Distinction } from "./Question.ts"
import { Edition, Names } from "./Recognition.ts"
import { Country, DateText, Rates } from "./Tariff.ts"

const Place = Schema.Struct({ hscode: DottedCode, names: Names })

/** A neighbour with what separates it from the others of its kind. */
const Neighbour = Schema.Struct({ ...Place.fields, tell: Schema.NullOr(Names) })

/** What the page's code is in the other edition. */
export const EditionChange = Schema.Struct({
  edition: Edition,
  /** Seen from HS 2017 to HS 2022. */
  change: Schema.Literals(["none", "renumbered", "split", "merged"]),
  codes: Schema.Array(DottedCode),
})
export type EditionChange = typeof EditionChange.Type

export const NationalLine = Schema.Struct({
  /** As the country writes it; null for a line that only groups those below it. */
  code: Schema.NullOr(Schema.String),
  names: Schema.Struct({ ko: Schema.NullOr(Schema.String), en: Schema.NullOr(Schema.String) }),
  /** Steps below the first line that is shown. */
  depth: Schema.Int,
  units: Schema.Array(Schema.String),
  rates: Schema.NullOr(Rates),
  validFrom: Schema.NullOr(DateText),
  validTo: Schema.NullOr(DateText),
})
export type NationalLine = typeof NationalLine.Type

/** The lines below the page's code in one publication, and which version of it holds. */
export const NationalSchedule = Schema.Struct({
  country: Country,
  /** Name of the publication. */
  source: Schema.String,
  validFrom: DateText,
  /** Last day; null while no later version is known. */
  validTo: Schema.NullOr(DateText),
  importedAt: Schema.String,
  /** How many lines stand below the code; `lines` holds the first 300 of them, none for a chapter or heading. */
  lineCount: Schema.Int,
  lines: Schema.Array(NationalLine),
})
export type NationalSchedule = typeof NationalSchedule.Type

/** Evidence with the time at which it was found. */
export const DatedEvidence = Schema.Struct({ ...Evidence.fields, foundAt: Schema.String })
export type DatedEvidence = typeof DatedEvidence.Type

export const CodePage = Schema.Struct({
  kind: Schema.Literal("code"),
  hscode: DottedCode,
  edition: Schema.Literal("2022"),
  /** For the page's head, in the language asked for. */
  title: Schema.String,
  description: Schema.String,
  /** Names of the code, or of the subheading that a national line stands under. */
  names: Names,
  section: Schema.Struct({ number: Schema.String, names: Names }),
  /** From the chapter down. */
  chain: Schema.Array(Place),
  siblings: Schema.Array(Neighbour),
  children: Schema.Array(Neighbour),
  /** Codes of other headings that its goods are taken for, and what tells them apart. */
  confusedWith: Schema.Array(Schema.Struct({ ...Place.fields, distinction: Schema.NullOr(Distinction) })),
  editions: Schema.Array(EditionChange),
  national: Schema.Array(NationalSchedule),
  evidence: Schema.Array(DatedEvidence),
  relatedSearches: Schema.Array(Schema.String),
  notice: Names,
})
export type CodePage = typeof CodePage.Type

/** The answer of `GET /api/detail/hscode/{code}/compare?with=`: two codes side by side. */
export const Comparison = Schema.Struct({
  /** The longest code that both stand under; null when they share no chapter. */
  common: Schema.NullOr(Place),
  /** What makes goods the second one's and not the first one's; null for the same code. */
  distinction: Schema.NullOr(Distinction),
  pages: Schema.Tuple([CodePage, CodePage]),
})
export type Comparison = typeof Comparison.Type

/** A code of HS 2017 that HS 2022 no longer has: where its goods went. */
export const SupersededPage = Schema.Struct({
  kind: Schema.Literal("superseded"),
  hscode: DottedCode,
  edition: Schema.Literal("2017"),
  change: EditionChange.fields.change,
  section: Schema.Struct({ number: Schema.String, names: Names }),
  chain: Schema.Array(Place),
  successors: Schema.Array(Neighbour),
  notice: Names,
})
export type SupersededPage = typeof SupersededPage.Type

export const DetailPage = Schema.Union([CodePage, SupersededPage]).pipe(Schema.toTaggedUnion("kind"))
export type DetailPage = typeof DetailPage.Type
