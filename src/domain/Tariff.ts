/** National tariff lines and their rates of duty, as a published schedule states them. */
import { Schema } from "effect"

/** ISO 3166-1 alpha-2. */
export const Country = Schema.Literals(["KR", "US"])
export type Country = typeof Country.Type

/** A day that exists, as `2026-01-01`. */
export const DateText = Schema.String.check(
  Schema.isPattern(/^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, {
    message: "expected a date as 2026-01-01",
  }),
  Schema.makeFilter((text: string) => {
    const day = new Date(text)
    return (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) || "no such day"
  }),
)

/** One part of a rate; a compound rate is the sum of several. */
export const Duty = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("free") }),
  /** `percent` of the value, or of the value of a part of the article (`of`). */
  Schema.Struct({ kind: Schema.Literal("adValorem"), percent: Schema.Finite, of: Schema.NullOr(Schema.String) }),
  /** `amount` in `currency` (ISO 4217, main unit) for each `per`, or for each `per` of a part (`of`). */
  Schema.Struct({
    kind: Schema.Literal("specific"),
    amount: Schema.Finite,
    currency: Schema.String,
    per: Schema.String,
    of: Schema.NullOr(Schema.String),
  }),
  /** The duty of the subheading that the article belongs to anyway. */
  Schema.Struct({ kind: Schema.Literal("applicable") }),
  /** What the article pays without this provision. */
  Schema.Struct({ kind: Schema.Literal("unchanged") }),
  /** Stated at another place of the schedule. */
  Schema.Struct({ kind: Schema.Literal("see"), reference: Schema.String }),
])
export type Duty = typeof Duty.Type

export const Rate = Schema.Struct({
  /** As published. */
  text: Schema.String,
  /** Null when the text says more than these forms can; the text stands alone then. */
  duties: Schema.NullOr(Schema.Array(Duty)),
  /** Trade programmes or agreements (as published, `KR`, `A+`) that the rate is for; empty when it is for all. */
  programs: Schema.Array(Schema.String),
})
export type Rate = typeof Rate.Type

export const Rates = Schema.Struct({
  general: Schema.Array(Rate),
  /** Preferential rates. */
  special: Schema.Array(Rate),
  /** For countries without normal trade relations. */
  column2: Schema.Array(Rate),
  additional: Schema.Array(Rate),
  quota: Schema.NullOr(Schema.String),
  /** Digits of the line above that states the rates; null when the line itself does. */
  inheritedFrom: Schema.NullOr(Schema.String),
})
export type Rates = typeof Rates.Type

/** One line of a published schedule. */
export const TariffLine = Schema.Struct({
  /** Digits only; null for a line that only groups those below it. */
  code: Schema.NullOr(Schema.String.check(Schema.isPattern(/^\d{2,10}$/))),
  names: Schema.Struct({ ko: Schema.NullOr(Schema.String), en: Schema.NullOr(Schema.String) }),
  units: Schema.Array(Schema.String),
  rates: Schema.NullOr(Rates),
  validFrom: Schema.NullOr(DateText),
  validTo: Schema.NullOr(DateText),
})
export type TariffLine = typeof TariffLine.Type
