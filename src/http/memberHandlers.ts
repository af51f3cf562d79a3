/** Binds the members' own data to the rooms that keep it. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { RecentQueries } from "../detail/RecentQueries.ts"
import { ChatHistory } from "../history/ChatHistory.ts"
import { Api } from "./Api.ts"
import { CurrentMember } from "./Authentication.ts"
import { historyUnavailable } from "./problems.ts"

export const members = HttpApiBuilder.group(
  Api,
  "members",
  Effect.fnUntraced(function* (handlers) {
    const recent = yield* RecentQueries
    const history = yield* ChatHistory
    return handlers
      .handle(
        "recentQueries",
        Effect.fnUntraced(function* () {
          const { userId } = yield* CurrentMember
          const queries = yield* recent.of(userId).pipe(Effect.mapError(historyUnavailable))
          return { queries }
        }),
      )
      .handle(
        "erase",
        Effect.fnUntraced(function* () {
          const { userId } = yield* CurrentMember
          yield* Effect.all([history.eraseMember(userId), recent.erase(userId)], { discard: true }).pipe(
            Effect.mapError(historyUnavailable),
          )
        }),
      )
  }),
)
