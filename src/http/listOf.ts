/** A variable that lists things, comma-separated, all of them of the `expected` form; empty when it is not set. */
import { Config, Schema } from "effect"

const items = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")

export const listOf = (name: string, fits: (item: string) => boolean, expected: string) =>
  Config.schema(
    Schema.String.check(Schema.makeFilter((text: string) => items(text).every(fits) || `expected ${expected}`)),
    name,
  ).pipe(Config.withDefault(""), Config.map(items))
