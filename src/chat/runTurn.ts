/** Runs a turn: three tasks that start together, none able to stop another, and what is remembered of them. */
import { Clock, Deferred, Effect, Exit, Option } from "effect"
import type { AnswerModel } from "../answer/AnswerModel.ts"
import type { DetailPages } from "../detail/DetailPages.ts"
import type { RecentQueries } from "../detail/RecentQueries.ts"
import type { EvidenceShelf } from "../detail/EvidenceShelf.ts"
import type { ChatHistory } from "../history/ChatHistory.ts"
import type { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import type { TariffSchedules } from "../tariff/TariffSchedules.ts"
import { answerTask } from "./answerTask.ts"
import { sayBroken } from "./broken.ts"
import { greet } from "./openTurn.ts"
import { outcomeOf } from "./outcome.ts"
import { timed } from "./ParallelTasks.ts"
import { type Outcome, recordTask } from "./recordTask.ts"
import { observeFirstEvent, observeTurn } from "./turnMetrics.ts"
import { foundBy, type TurnContext, type TurnRequest } from "./TurnContext.ts"

/** What a turn is made of. */
export interface Services {
  readonly hs: HarmonizedSystem["Service"]
  readonly detail: DetailPages["Service"]
  readonly model: AnswerModel["Service"]
  readonly history: ChatHistory["Service"]
  readonly schedules: TariffSchedules["Service"]
  readonly shelf: EvidenceShelf["Service"]
  readonly recent: RecentQueries["Service"]
}

/** The three tasks of a turn, from its first event to its last. */
export const runTurn = Effect.fnUntraced(function* (turn: TurnContext, request: TurnRequest, services: Services) {
  const { caller, sessionId } = turn
  yield* greet(turn, request, services.detail.context7Enabled)
  yield* observeFirstEvent((yield* Clock.currentTimeMillis) - turn.started)
  const outcome = yield* Deferred.make<Outcome>()

  const answering = timed(Effect.tapDefect(answerTask(turn, services.model), sayBroken(turn, "A")))
  const preparing = timed(
    Effect.tapDefect(services.detail.prepare(turn.grounding.recognition, turn.voice), sayBroken(turn, "B")),
  ).pipe(Effect.tap(({ exit }) => Deferred.succeed(turn.detail, Exit.isSuccess(exit) ? exit.value : null)))
  const recording =
    caller._tag === "Member" && sessionId !== null
      ? timed(
          Effect.tapDefect(
            recordTask({ ...turn, sessionId }, caller.userId, services.history, outcome),
            sayBroken(turn, "C"),
          ),
        )
      : Effect.succeed(null)

  const [[detail, answer], record] = yield* Effect.all(
    [
      Effect.all([preparing, answering], { concurrency: "unbounded" }).pipe(
        Effect.tap(([detail, answer]) =>
          Effect.flatMap(Clock.currentTimeMillis, (ended) => {
            const record =
              caller._tag === "Member"
                ? { exit: Exit.succeed({ messagesSaved: 2, work: 0 }), started: turn.started, ended }
                : null
            return Deferred.succeed(outcome, outcomeOf(turn, answer, detail, record, ended))
          }),
        ),
      ),
      recording,
      note(turn, services.recent),
    ],
    { concurrency: "unbounded" },
  )

  const final = outcomeOf(turn, answer, detail, record, yield* Clock.currentTimeMillis)
  yield* turn.voice.say({ eventType: "stream_end", status: final.status, parallelTaskMetrics: final.metrics })
  yield* observeTurn(caller, final)
})

/** What the turn found is there for the code's page, whoever asked; what another turn found is there already. */
export const shelve = (turn: TurnContext, shelf: EvidenceShelf["Service"]) =>
  Effect.gen(function* () {
    const found = Option.getOrNull(yield* foundBy(turn))
    if (!found || found.cacheHit) return
    const { detected, evidence } = found.info
    if (detected && evidence.length > 0) yield* shelf.keep(detected.code, evidence)
  })

const patience = "10 seconds"

/** What a member asked for is among the member's recent queries when the turn ends, or is not kept. */
const note = ({ caller, detail, grounding, turnId }: TurnContext, recent: RecentQueries["Service"]) =>
  caller._tag === "Guest"
    ? Effect.void
    : Deferred.await(detail).pipe(
        Effect.flatMap((found) =>
          recent
            .note(caller.userId, grounding.recognition, found?.info.detected?.code ?? null)
            .pipe(Effect.timeout(patience)),
        ),
        Effect.catchCause((cause) => Effect.logWarning("recent query not kept", { turnId, cause })),
      )
