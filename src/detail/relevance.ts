/** What a document has to do with a recognition: whether it is about trade at all, and which codes it names. Pure. */
import { Schema } from "effect"
import type { Evidence } from "../domain/Analysis.ts"
import { dotted, HsCode } from "../domain/HsCode.ts"
import { Confidence, type Recognition, WrittenCode } from "../domain/Recognition.ts"
import { Snippet } from "../context7/parse.ts"
import { type Editions, placeOf } from "../hs/Editions.ts"
import type { Nomenclature } from "../hs/Nomenclature.ts"
import { findWrittenCodes } from "../hs/WrittenCodes.ts"

/** A snippet of a library's documentation. */
export const Documented = Schema.Struct({ ...Snippet.fields, library: Schema.String })
export type Documented = typeof Documented.Type

export const CitedSnippet = Schema.Struct({
  ...Documented.fields,
  relevance: Confidence,
  /** Codes of HS 2022 that it names, those that came of an older edition's codes included. */
  codes: Schema.Array(HsCode),
  /** Codes of an older edition that it names. */
  outdated: Schema.Array(WrittenCode.mapFields(({ code, edition, successors }) => ({ code, edition, successors }))),
})
export type CitedSnippet = typeof CitedSnippet.Type

const trade =
  /\b(?:customs (?:tariff|code|duty|duties|classification|union|procedure|authority|guide)|customs\b(?= .*\d{4})|tariffs?|harmoni[sz]ed system|hs ?-?(?:codes?|nomenclature|classification|\d{4})|hts(?:us)?\b|(?:sub)?heading \d[\d.]+|import dut(?:y|ies)|rules? of origin|explanatory notes)\b|관세|세번|품목\s?(?:분류|번호)|hs\s?(?:코드|부호|품목)|제\s?\d{2,4}(?:\.\d{2})?\s?호|통관|수출입/i

/** Whether documentation speaks of trade; one that does not is no evidence, whatever numbers it holds. */
export const isAboutTrade = (snippets: ReadonlyArray<Snippet>): boolean =>
  snippets.some(({ source, text, title }) => trade.test(`${title}\n${source}\n${text}`))

const wordsIn = (text: string): ReadonlyArray<string> =>
  (text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => word.length > 2 || /[가-힣]/.test(word))

/** Share of the product's words, or of the best candidates' names, that the text carries: two words are enough for 1. */
const relevanceOf = (text: string, recognition: Recognition): number => {
  const lower = text.toLowerCase()
  const names = recognition.candidates.slice(0, 3).flatMap(({ names }) => [names.ko, names.en])
  const terms = new Set([recognition.productName ?? "", ...names].flatMap(wordsIn))
  const hits = [...terms].filter((term) => lower.includes(term)).length
  return Math.min(1, hits / 2)
}

export const citing =
  (recognition: Recognition, nomenclature: Nomenclature, editions: Editions) =>
  (snippet: Documented): CitedSnippet => {
    const text = `${snippet.title}\n${snippet.text}`
    const named = findWrittenCodes(text).flatMap(({ digits }) => {
      const place = placeOf(digits, nomenclature, editions)
      return place ? [{ code: HsCode.make(digits.slice(0, 6)), ...place }] : []
    })
    return {
      ...snippet,
      relevance: relevanceOf(text, recognition),
      codes: [...new Set(named.flatMap(({ successors }) => successors))],
      outdated: named.filter(({ edition }) => edition !== "2022"),
    }
  }

const shown = 500

export const evidenceOf = (snippets: ReadonlyArray<CitedSnippet>): ReadonlyArray<Evidence> =>
  snippets
    .filter(({ relevance }) => relevance > 0)
    .map(({ codes, library, outdated, source, text, title }) => ({
      title,
      source,
      snippet: text.slice(0, shown),
      codes: codes.map(dotted),
      library,
      ...(outdated.length === 0
        ? {}
        : {
            outdated: outdated.map(({ code, edition, successors }) => ({
              code: dotted(code),
              edition,
              successors: successors.map(dotted),
            })),
          }),
    }))
