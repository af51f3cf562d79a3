/** Ranked codes for a free text, with what tells them apart and the question that would decide. */
import { Context, Effect, Layer } from "effect"
import { dotted } from "../domain/HsCode.ts"
import { type SearchResult, strengthOf } from "../domain/Search.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"

export class GoodsSearch extends Context.Service<
  GoodsSearch,
  {
    /** At most `limit` candidates, best first. */
    readonly search: (query: string, limit: number) => SearchResult
  }
>()("hs-trade-chat/detail/GoodsSearch") {
  static readonly layer = Layer.effect(
    GoodsSearch,
    Effect.map(HarmonizedSystem, (hs) =>
      GoodsSearch.of({
        search: (query, limit) => {
          const recognition = hs.recognize(query)
          const first = recognition.candidates[0]
          return {
            query,
            language: recognition.language,
            candidates: recognition.candidates.slice(0, limit).map(({ code, confidence, names, source }) => ({
              hscode: dotted(code),
              confidence,
              strength: strengthOf(confidence),
              source,
              names,
              path: hs.nomenclature.chain(code).map((entry) => ({ code: dotted(entry.code), names: entry.names })),
              distinction: first === undefined || first.code === code ? null : hs.distinguish(first.code, code),
            })),
            superseded: recognition.written
              .filter(({ edition }) => edition === "2017")
              .map(({ code, successors }) => ({
                hscode: dotted(code.slice(0, 6)),
                successors: successors.map(dotted),
              })),
            unknown: recognition.unknown,
            question: hs.question(recognition),
          }
        },
      }),
    ),
  )
}
