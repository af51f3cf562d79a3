/** Binds the API to the rooms below it. */
import { Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ChatTurn } from "../chat/ChatTurn.ts"
import { GoodsSearch } from "../detail/GoodsSearch.ts"
import { DetailPages } from "../detail/DetailPages.ts"
import { ChatHistory } from "../history/ChatHistory.ts"
import { Api } from "./Api.ts"
import { authentication, CurrentCaller, CurrentMember } from "./Authentication.ts"
import { readChatRequest } from "./chatRequest.ts"
import { historyUnavailable, saying, sessionRefused, Unavailable } from "./problems.ts"
import { sseResponse } from "./sse.ts"

const chat = HttpApiBuilder.group(
  Api,
  "chat",
  Effect.fnUntraced(function* (handlers) {
    const turns = yield* ChatTurn
    return handlers.handleRaw(
      "send",
      Effect.fnUntraced(function* ({ request }) {
        const body = yield* readChatRequest(request)
        const turn = yield* turns
          .start({
            message: body.message,
            caller: yield* CurrentCaller,
            sessionId: body.sessionId ?? body.session_uuid ?? null,
            language: body.context?.language ?? null,
          })
          .pipe(Effect.mapError(sessionRefused))
        return sseResponse(turn.turnId, turn.events)
      }),
    )
  }),
)

const search = HttpApiBuilder.group(
  Api,
  "search",
  Effect.fnUntraced(function* (handlers) {
    const goods = yield* GoodsSearch
    return handlers.handle("goods", ({ query }) =>
      Effect.sync(() => goods.search(query.q, query.limit ?? defaults.limit)),
    )
  }),
)

const defaults = { page: 1, size: 20, limit: 5 }

const history = HttpApiBuilder.group(
  Api,
  "history",
  Effect.fnUntraced(function* (handlers) {
    const history = yield* ChatHistory
    return handlers
      .handle(
        "list",
        Effect.fnUntraced(function* ({ query }) {
          const { userId } = yield* CurrentMember
          return yield* history
            .list(userId, { ...query, page: query.page ?? defaults.page, size: query.size ?? defaults.size })
            .pipe(Effect.mapError(historyUnavailable))
        }),
      )
      .handle(
        "session",
        Effect.fnUntraced(function* ({ params }) {
          const { userId } = yield* CurrentMember
          return yield* history.session(userId, params.sessionId).pipe(
            Effect.catchTags({
              HistoryUnavailable: () => Effect.fail(historyUnavailable()),
              SessionForbidden: (error) => Effect.fail(sessionRefused(error)),
              SessionNotFound: (error) => Effect.fail(sessionRefused(error)),
            }),
          )
        }),
      )
  }),
)

const health = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (handlers) {
    const history = yield* ChatHistory
    const { context7Enabled } = yield* DetailPages
    return handlers
      .handle("live", () => Effect.succeed({ status: "live" as const }))
      .handle("ready", () =>
        history.ping.pipe(
          Effect.mapError(() => new Unavailable(saying("HTTP_503", "The database does not answer."))),
          Effect.as({
            status: "ready" as const,
            checks: { database: "up" as const, context7: context7Enabled ? ("enabled" as const) : ("off" as const) },
          }),
        ),
      )
  }),
)

export const handlers = Layer.mergeAll(chat, search, history, health).pipe(Layer.provide(authentication))
