/** Binds the API to the rooms below it. */
import { DateTime, Effect, Layer, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { ChatTurn } from "../chat/ChatTurn.ts"
import { CodePages, type PageQuery } from "../detail/CodePages.ts"
import { GoodsSearch } from "../detail/GoodsSearch.ts"
import { DetailPages } from "../detail/DetailPages.ts"
import { ChatHistory } from "../history/ChatHistory.ts"
import { Comparison, DetailPage } from "../domain/DetailPage.ts"
import type { Language } from "../domain/Recognition.ts"
import { TariffSchedules } from "../tariff/TariffSchedules.ts"
import { Api } from "./Api.ts"
import { authentication } from "./Authentication.ts"
import { chat } from "./chatHandlers.ts"
import { cacheable, representations } from "./cacheable.ts"
import { history } from "./historyHandlers.ts"
import { operator } from "./operatorHandlers.ts"
import { readCode } from "./readCode.ts"
import { members } from "./memberHandlers.ts"
import { OperatorOnly } from "./OperatorOnly.ts"
import { codeRefused, saying, Unavailable } from "./problems.ts"
import { TurnLimit } from "./RateLimit.ts"

const search = HttpApiBuilder.group(
  Api,
  "search",
  Effect.fnUntraced(function* (handlers) {
    const goods = yield* GoodsSearch
    return handlers.handle("goods", ({ query }) => Effect.sync(() => goods.search(query.q, query.limit ?? 5)))
  }),
)

const detail = HttpApiBuilder.group(
  Api,
  "detail",
  Effect.fnUntraced(function* (handlers) {
    const pages = yield* CodePages
    const { version } = yield* TariffSchedules
    const started = yield* DateTime.now
    const answer = <S extends Schema.Codec<object, unknown>>(schema: S) => {
      const represent = representations(Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(schema))))
      return (request: HttpServerRequest.HttpServerRequest, value: S["Type"], language: Language) =>
        Effect.map(version, ({ importedAt }) =>
          cacheable(request, represent(value), DateTime.max(started, importedAt ?? started), language),
        )
    }
    const [page, comparison] = [answer(DetailPage), answer(Comparison)]
    return handlers
      .handle(
        "page",
        Effect.fnUntraced(function* ({ params, query, request }) {
          const asked = yield* readPageQuery(params.code, query)
          const found = yield* pages.page(asked).pipe(Effect.mapError(codeRefused))
          return yield* page(request, found, asked.language)
        }),
      )
      .handle(
        "compare",
        Effect.fnUntraced(function* ({ params, query, request }) {
          const asked = yield* readPageQuery(params.code, query)
          const other = yield* readCode(query.with)
          const found = yield* pages.compare(asked, other).pipe(Effect.mapError(codeRefused))
          return yield* comparison(request, found, asked.language)
        }),
      )
  }),
)

interface PageParameters {
  readonly country?: PageQuery["country"] | undefined
  readonly edition?: PageQuery["edition"] | undefined
  readonly lang?: Language | undefined
  readonly asOf?: string | undefined
}

const readPageQuery = (written: string, { country, edition, lang, asOf }: PageParameters) =>
  Effect.map(readCode(written), (code): PageQuery => ({
    code,
    country: country ?? null,
    edition: edition ?? null,
    language: lang ?? "ko",
    asOf: asOf ?? null,
  }))

const health = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (handlers) {
    const history = yield* ChatHistory
    const { context7State } = yield* DetailPages
    const turns = yield* ChatTurn
    return handlers
      .handle("live", () => Effect.succeed({ status: "live" as const }))
      .handle("ready", () =>
        turns.isOpen.pipe(
          Effect.filterOrFail(Boolean, () => new Unavailable(saying("HTTP_503", "This instance is shutting down."))),
          Effect.andThen(
            Effect.all({
              context7: context7State,
              database: Effect.map(history.answers, (up) => (up ? "up" : "down")),
            }),
          ),
          Effect.map((checks) => ({ status: "ready" as const, checks })),
        ),
      )
  }),
)

export const handlers = Layer.mergeAll(chat, search, detail, history, members, health, operator).pipe(
  Layer.provide([authentication, TurnLimit.layer, OperatorOnly.layer]),
)
