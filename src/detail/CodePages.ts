/**
 * The page of a code: its place in the nomenclature, its neighbours and what it is confused with, the other edition's
 * codes, and the national lines and rates that were imported.
 */
import { Cache, Context, DateTime, Effect, Exit, Layer, Schema } from "effect"
import type { CodePage, Comparison, DetailPage, EditionChange, SupersededPage } from "../domain/DetailPage.ts"
import { dotted, HsCode } from "../domain/HsCode.ts"
import type { Language, Names } from "../domain/Recognition.ts"
import { Country } from "../domain/Tariff.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import type { Entry } from "../hs/Nomenclature.ts"
import { sectionOf } from "../hs/sections.ts"
import { EvidenceShelf } from "./EvidenceShelf.ts"
import { TariffSchedules, type TariffUnavailable } from "../tariff/TariffSchedules.ts"

/** Neither edition has such a code. */
class CodeUnknown extends Schema.TaggedError<CodeUnknown>()("CodeUnknown", {
  code: Schema.String,
  /** The longest part of it that exists; null when there is none. */
  existing: Schema.NullOr(Schema.String),
}) {}

/** The country's schedule has no such line. */
class LineUnknown extends Schema.TaggedError<LineUnknown>()("LineUnknown", {
  code: Schema.String,
  country: Schema.NullOr(Country),
  /** Lines below the same subheading, as their countries write them. */
  existing: Schema.Array(Schema.String),
}) {}

export interface PageQuery {
  /** Digits: 2, 4, 6, 8 or 10. */
  readonly code: HsCode
  readonly country: Country | null
  /** As which edition's code it is read; null for the newest that has it. */
  readonly edition: "2017" | "2022" | null
  readonly language: Language
  /** The day of the national lines, as 2026-01-01; null for today. */
  readonly asOf: string | null
}

export type PageError = CodeUnknown | LineUnknown | TariffUnavailable

export class CodePages extends Context.Service<
  CodePages,
  {
    readonly page: (query: PageQuery) => Effect.Effect<DetailPage, PageError>
    /** Both as codes of HS 2022. */
    readonly compare: (query: PageQuery, other: HsCode) => Effect.Effect<Comparison, PageError>
  }
>()("hs-trade-chat/detail/CodePages") {
  static readonly layer = Layer.effect(
    CodePages,
    Effect.gen(function* () {
      const hs = yield* HarmonizedSystem
      const schedules = yield* TariffSchedules
      const shelf = yield* EvidenceShelf
      const current = Effect.fnUntraced(function* (query: PageQuery) {
        const subheading = query.code.slice(0, 6)
        const entry = hs.nomenclature.get(subheading)
        if (entry === undefined || (query.edition === "2017" && hs.editions.origins(subheading) !== null))
          return yield* new CodeUnknown({ code: query.code, existing: existingPart(hs, query.code) })
        const national = yield* schedules.national(query)
        if (national.length > 0 || (query.code.length <= 6 && query.country === null))
          return codePage(hs, query, entry, national, yield* shelf.of(entry.code))
        const near = yield* schedules.national({ ...query, code: subheading, country: null })
        return yield* new LineUnknown({
          code: query.code,
          country: query.country,
          existing: near.flatMap(({ lines }) => lines.flatMap(({ code }) => code ?? [])).slice(0, linesNamed),
        })
      })
      const find = Effect.fnUntraced(function* (query: PageQuery) {
        const subheading = query.code.slice(0, 6)
        const successors = hs.editions.successors(subheading)
        const gone = hs.nomenclature.get(subheading) === undefined
        return successors.length > 0 && (query.edition === "2017" || gone)
          ? supersededPage(hs, subheading, successors)
          : yield* current(query)
      })
      const pages = yield* Cache.makeWith((key: string) => find((JSON.parse(key) as Keyed).query), {
        capacity: pagesKept,
        timeToLive: (exit) => (Exit.isSuccess(exit) ? freshness : 0),
      })
      return CodePages.of({
        page: Effect.fn("CodePages.page")(function* (query: PageQuery) {
          const day = query.asOf ?? DateTime.formatIsoDateUtc(yield* DateTime.now)
          const keyed: Keyed = { query: { ...query, asOf: day }, version: (yield* schedules.version).id }
          return yield* Cache.get(pages, JSON.stringify(keyed))
        }),
        compare: Effect.fn("CodePages.compare")(function* (query: PageQuery, other: HsCode) {
          const pages = yield* Effect.all([current(query), current({ ...query, code: other })], {
            concurrency: "unbounded",
          })
          const [a, b] = pages.map(({ chain }) => chain)
          const common = a?.findLast(({ hscode }) => b?.some((place) => place.hscode === hscode)) ?? null
          const [first, second] = [query.code.slice(0, 6), other.slice(0, 6)].map((code) => HsCode.make(code))
          return { common, distinction: first === second ? null : hs.distinguish(first!, second!), pages }
        }),
      })
    }),
  )
}

/** A page is the same for a day and a version of the schedules. */
interface Keyed {
  readonly query: PageQuery
  readonly version: string
}

const pagesKept = 2000
/** New evidence may wait this long. */
const freshness = "1 minute"

type Hs = HarmonizedSystem["Service"]

const linesNamed = 20
const confusedShown = 4
const searchesShown = 8

const notice: Names = {
  ko: "참고용 정보이며 법적 효력이 없습니다. 품목분류는 신고 당시의 물품과 법령에 따르며, 관세청의 품목분류 사전심사로 확정받을 수 있습니다.",
  en: "For information only, without legal force. The classification follows the goods as declared and the law in force; an advance ruling of the customs authority is binding.",
}

const place = ({ code, names }: Entry) => ({ hscode: dotted(code), names })
const neighbour = (entry: Entry) => ({ ...place(entry), tell: entry.tell })

const existingPart = ({ nomenclature }: Hs, code: string): string | null => {
  const part = [6, 4, 2].map((length) => nomenclature.get(code.slice(0, length))).find((entry) => entry !== undefined)
  return part === undefined ? null : dotted(part.code)
}

/** How `older` (HS 2017) and `newer` (HS 2022) belong together. */
const changeBetween = (older: ReadonlyArray<string>, newer: ReadonlyArray<string>): EditionChange["change"] =>
  newer.length > 1 ? "split" : older.length > 1 ? "merged" : older[0] === newer[0] ? "none" : "renumbered"

const supersededPage = (hs: Hs, code: string, successors: ReadonlyArray<HsCode>): SupersededPage => {
  const shared = successors.length === 1 ? hs.editions.origins(successors[0]!) : null
  return {
    kind: "superseded",
    hscode: dotted(code),
    edition: "2017",
    change: changeBetween(Array.isArray(shared) ? shared : [code], successors),
    section: sectionOf(code),
    chain: hs.nomenclature.chain(code.slice(0, 4)).map(place),
    successors: successors.flatMap((successor) => hs.nomenclature.get(successor) ?? []).map(neighbour),
    notice,
  }
}

const editionsOf = ({ editions }: Hs, code: string): ReadonlyArray<EditionChange> => {
  if (code.length < 6) return []
  const origins = editions.origins(code)
  if (origins === null) return [{ edition: "2017", change: "none", codes: [dotted(code)] }]
  if (origins === "many") return [{ edition: "2017", change: "merged", codes: [] }]
  const newer = new Set(origins.flatMap((origin) => editions.successors(origin)))
  return [
    { edition: "2017", change: changeBetween(origins, [...newer, code].filter(distinct)), codes: origins.map(dotted) },
  ]
}

const distinct = <A>(value: A, index: number, all: ReadonlyArray<A>): boolean => all.indexOf(value) === index

/** Codes of other headings that the recognition takes the code's own names for. */
const confusedWith = (hs: Hs, entry: Entry) =>
  [entry.names.ko, entry.names.en]
    .flatMap((name) => hs.recognize(name).candidates)
    .filter(({ code }) => code.slice(0, 4) !== entry.code.slice(0, 4))
    .sort((a, b) => b.confidence - a.confidence)
    .filter(({ code }, index, all) => all.findIndex((other) => other.code === code) === index)
    .slice(0, confusedShown)
    .map(({ code, names }) => ({ hscode: dotted(code), names, distinction: hs.distinguish(entry.code, code) }))

const codePage = (
  hs: Hs,
  { code, language }: PageQuery,
  entry: Entry,
  national: CodePage["national"],
  evidence: CodePage["evidence"],
): CodePage => ({
  kind: "code",
  hscode: dotted(code),
  edition: "2022",
  title: `HS ${dotted(code)} ${entry.names[language]}`,
  description: hs.nomenclature
    .chain(entry.code)
    .map(({ names }) => names[language])
    .join(" > "),
  names: entry.names,
  section: sectionOf(code),
  chain: hs.nomenclature.chain(entry.code).map(place),
  siblings: hs.nomenclature.siblings(entry.code).map(neighbour),
  children: entry.children.flatMap((child) => hs.nomenclature.get(child) ?? []).map(neighbour),
  confusedWith: confusedWith(hs, entry),
  editions: editionsOf(hs, entry.code),
  national,
  evidence,
  relatedSearches: hs.examples(entry.code).slice(0, searchesShown),
  notice,
})
