/** So many of something within a time, written `1000/30 days`; `off` is none. */
import { Config, Duration, Option, Schema } from "effect"

export interface Quota {
  readonly limit: number
  readonly window: Duration.Duration
}

const shortest = Duration.seconds(1)

const parse = (text: string): Option.Option<Quota> => {
  const [, limit, window = ""] = /^(\d{1,9}) *\/ *(.+)$/.exec(text.trim()) ?? []
  return Duration.fromInput(window as Duration.Input).pipe(
    Option.filter((window) => Number(limit) > 0 && Duration.isGreaterThanOrEqualTo(window, shortest)),
    Option.map((window) => ({ limit: Number(limit), window })),
  )
}

const isOff = (text: string) => text.trim() === "off"

const QuotaText = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      isOff(text) || Option.isSome(parse(text)) || "expected so many in a time such as 1000/30 days, or off",
  ),
)

/** The quota that a variable names; none when it is `off`. */
export const quotaConfig = (variable: string, otherwise: string): Config.Config<Option.Option<Quota>> =>
  Config.schema(QuotaText, variable).pipe(Config.withDefault(otherwise), Config.map(parse))
