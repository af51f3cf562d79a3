/** Binds what members read back to the room that keeps it. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ChatTurn } from "../chat/ChatTurn.ts"
import { HistoryReader } from "../history/HistoryReader.ts"
import { MemberRecords } from "../history/MemberRecords.ts"
import { Api } from "./Api.ts"
import { CurrentMember } from "./Authentication.ts"
import { historyRefused, historyUnavailable } from "./problems.ts"
import { readCode } from "./readCode.ts"

export const history = HttpApiBuilder.group(
  Api,
  "history",
  Effect.fnUntraced(function* (handlers) {
    const reader = yield* HistoryReader
    const records = yield* MemberRecords
    const turns = yield* ChatTurn
    return handlers
      .handle(
        "list",
        Effect.fnUntraced(function* ({ query }) {
          const { userId } = yield* CurrentMember
          return yield* reader.list(userId, yield* narrowed(query)).pipe(Effect.mapError(historyUnavailable))
        }),
      )
      .handle(
        "search",
        Effect.fnUntraced(function* ({ query }) {
          const { userId } = yield* CurrentMember
          return yield* reader.search(userId, yield* narrowed(query)).pipe(Effect.mapError(historyUnavailable))
        }),
      )
      .handle(
        "session",
        Effect.fnUntraced(function* ({ params }) {
          const { userId } = yield* CurrentMember
          return yield* reader.session(userId, params.sessionId).pipe(Effect.mapError(historyRefused))
        }),
      )
      .handle(
        "erase",
        Effect.fnUntraced(function* ({ params }) {
          const { userId } = yield* CurrentMember
          yield* turns.forget(userId, params.sessionId)
          yield* records.eraseSession(userId, params.sessionId).pipe(Effect.mapError(historyRefused))
        }),
      )
  }),
)

interface Narrowing {
  readonly page?: number | undefined
  readonly size?: number | undefined
  readonly hscode?: string | undefined
}

const narrowed = <Q extends Narrowing>(query: Q) =>
  Effect.map(query.hscode === undefined ? Effect.undefined : readCode(query.hscode), (hscode) => ({
    ...query,
    page: query.page ?? 1,
    size: query.size ?? 20,
    hscode,
  }))
