/**
 * Rates of duty as the Harmonized Tariff Schedule of the United States writes them, as data: `Free`, `6.8%`, `4.4¢/kg`,
 * `37.5¢ each + 6.4% on the case`, `Free (A+, AU) 2.8% (JP)`. Pure.
 */
import type { Duty, Rate } from "../domain/Tariff.ts"

/** `12.5`, `1,035` or `12 1/2`. */
const number = String.raw`\d[\d,]*(?:\.\d+)?(?: \d+\/\d+)?`
const adValorem = new RegExp(String.raw`^(${number}) ?(?:%|percent)(?: (?:on|of) (?:the )?(.+))?$`)
const specific = new RegExp(
  String.raw`^(\$?)(${number}) ?(¢?) ?(?:\/ ?|(?=each))([a-z0-9²³., ]+?)(?: (?:on|of) (?:the )?(.+))?$`,
)
const applicable = /^The duty (?:rate )?provided in (?:the applicable|such) subheading$/i
const unchanged = /^No change$/i
const see = /^See (.+)$/i

const valueOf = (text: string): number => {
  const [whole = "", fraction] = text.replaceAll(",", "").split(" ")
  const [over = 0, under = 1] = (fraction ?? "0/1").split("/").map(Number)
  return Number(whole) + over / under
}

const dutyOf = (text: string): Duty | null => {
  if (/^(?:free|no additional duty)$/i.test(text)) return { kind: "free" }
  if (applicable.test(text)) return { kind: "applicable" }
  if (unchanged.test(text)) return { kind: "unchanged" }
  const reference = see.exec(text)?.[1]
  if (reference !== undefined) return { kind: "see", reference }
  const share = adValorem.exec(text)
  if (share) return { kind: "adValorem", percent: valueOf(share[1]!), of: share[2] ?? null }
  const [, dollar, amount, cent, per, of] = specific.exec(text) ?? []
  if (amount === undefined || (dollar === "") === (cent === "")) return null
  const value = cent === "" ? valueOf(amount) : Math.round(valueOf(amount) * 1e4) / 1e6
  return { kind: "specific", amount: value, currency: "USD", per: per!.trim(), of: of ?? null }
}

/** One rate without programmes; its duties are null when any part of it says more than a duty can. */
const rateOf = (text: string, programs: ReadonlyArray<string>): Rate => {
  const parts = text.split(/\s*\+\s*/).map(dutyOf)
  const duties = parts.filter((part) => part !== null)
  return { text, duties: duties.length === parts.length ? duties : null, programs }
}

/** A cell of the schedule: nothing, one rate, or several, each with its programmes in parentheses. */
export const parseRates = (cell: string): ReadonlyArray<Rate> => {
  const text = cell.replace(/\s+/g, " ").trim()
  if (text === "") return []
  const groups = [...text.matchAll(/\s*([^()]+?)\s*\(([^()]*)\)/g)]
  const covered = groups.reduce((sum, [whole]) => sum + whole.length, 0)
  if (groups.length === 0 || covered !== text.length || groups.some(([, rate]) => rate?.trim() === ""))
    return [rateOf(text, [])]
  return groups.map(([, rate = "", programs = ""]) =>
    rateOf(
      rate,
      programs
        .split(",")
        .map((program) => program.trim())
        .filter((program) => program !== ""),
    ),
  )
}
