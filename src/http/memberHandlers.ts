/** Binds the members' own data to the rooms that keep it. */
import { Effect, Ref, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { ChatTurn } from "../chat/ChatTurn.ts"
import { RecentQueries } from "../detail/RecentQueries.ts"
import type { ExportLine } from "../domain/History.ts"
import { MemberRecords } from "../history/MemberRecords.ts"
import { Api } from "./Api.ts"
import { CurrentMember } from "./Authentication.ts"
import { historyUnavailable } from "./problems.ts"

export const members = HttpApiBuilder.group(
  Api,
  "members",
  Effect.fnUntraced(function* (handlers) {
    const recent = yield* RecentQueries
    const records = yield* MemberRecords
    const turns = yield* ChatTurn
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
        "export",
        Effect.fnUntraced(function* () {
          const { userId } = yield* CurrentMember
          const queries = yield* recent.of(userId).pipe(Effect.mapError(historyUnavailable))
          return records.export(userId).pipe(
            Stream.concat(Stream.fromIterable(queries.map((query): ExportLine => ({ type: "recentQuery", ...query })))),
            ended,
            Stream.tapError(({ reason }) => Effect.logWarning("export cut off", { reason })),
          )
        }),
      )
      .handle(
        "erase",
        Effect.fnUntraced(function* () {
          const { userId } = yield* CurrentMember
          yield* turns.forget(userId, null)
          yield* Effect.all([records.eraseAll(userId), recent.erase(userId)], { discard: true }).pipe(
            Effect.mapError(historyUnavailable),
          )
        }),
      )
  }),
)

/** Says at the end how many lines there were, so that a reader can tell a whole export from one that was cut off. */
const ended = <E>(lines: Stream.Stream<ExportLine, E>): Stream.Stream<ExportLine, E> =>
  Stream.unwrap(
    Effect.map(Ref.make(0), (count) =>
      lines.pipe(
        Stream.tap(() => Ref.update(count, (lines) => lines + 1)),
        Stream.concat(Stream.fromEffect(Effect.map(Ref.get(count), (lines): ExportLine => ({ type: "end", lines })))),
      ),
    ),
  )
