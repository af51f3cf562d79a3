/** What an answer may say of the national lines of a message's codes. */
import { Effect } from "effect"
import type { NationalSchedule } from "../domain/DetailPage.ts"
import type { Citations, CitedLine } from "../domain/Grounding.ts"
import type { HsCode } from "../domain/HsCode.ts"
import type { Recognition } from "../domain/Recognition.ts"
import type { TariffSchedules } from "../tariff/TariffSchedules.ts"

const linesOfOne = 3
const patience = "300 millis"
const nothing: Citations = { lines: [], missing: [] }

const cited = (schedules: ReadonlyArray<NationalSchedule>): ReadonlyArray<CitedLine> =>
  schedules.flatMap(({ country, source, validFrom, lines }) =>
    lines
      .filter(({ code, rates }, index) => code !== null && (rates !== null || index < linesOfOne))
      .slice(0, linesOfOne)
      .map(({ code, names, rates }) => ({
        country,
        code: code!,
        names,
        rate: rates === null ? null : rates.general.map(({ text }) => text).join(", ") || null,
        source,
        validFrom,
      })),
  )

/** Never fails and never takes long: an answer without a schedule is better than none. */
export const cite = (
  { version, national }: TariffSchedules["Service"],
  { written }: Recognition,
  detected: HsCode | null,
): Effect.Effect<Citations> =>
  Effect.gen(function* () {
    if ((yield* version).importedAt === null) return nothing
    const lookUp = (code: string) => national({ code, country: null, asOf: null })
    const long = written.filter(({ code }) => code.length > 6)
    const codes = long.length > 0 ? long.map(({ code }) => code) : detected && detected.length === 6 ? [detected] : []
    const found = yield* Effect.forEach(codes, lookUp, { concurrency: "unbounded" })
    return {
      lines: found.flatMap(cited),
      missing: long.filter((_, index) => found[index]?.length === 0).map(({ written }) => written),
    }
  }).pipe(
    Effect.timeout(patience),
    Effect.catch((error) => Effect.as(Effect.logWarning("no national lines cited", error.message), nothing)),
  )
