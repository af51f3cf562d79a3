/** Rooms that a test drives: a model that says what it is told, a history in memory, a Context7 that is off. */
import { NodeServices } from "@effect/platform-node"
import { Deferred, Effect, Layer, Option, Stream } from "effect"
import { Persistence } from "effect/persistence"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { AnswerFailed, type AnswerPart } from "../../src/answer/AnswerPart.ts"
import type { TurnRequest } from "../../src/chat/TurnContext.ts"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import { Context7 } from "../../src/context7/Context7.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import { RecentQueries } from "../../src/detail/RecentQueries.ts"
import { EvidenceShelf } from "../../src/detail/EvidenceShelf.ts"
import type { Caller } from "../../src/domain/Turn.ts"
import {
  ChatHistory,
  type FinishedTurn,
  HistoryUnavailable,
  type NewTurn,
  SessionNotFound,
} from "../../src/history/ChatHistory.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { TariffSchedules } from "../../src/tariff/TariffSchedules.ts"

/** Neither schedules nor anything of earlier turns. */
export const noSchedules = Layer.mergeAll(
  Layer.succeed(EvidenceShelf, {
    keep: () => Effect.void,
    forget: () => Effect.void,
    of: () => Effect.succeed([]),
  }),
  Layer.succeed(RecentQueries, {
    note: () => Effect.void,
    of: () => Effect.succeed([]),
    erase: () => Effect.void,
  }),
  Layer.succeed(TariffSchedules, {
    version: Effect.succeed({ id: "0", importedAt: null }),
    versions: Stream.empty,
    names: Effect.succeed([]),
    national: () => Effect.succeed([]),
  }),
)

export const ask = (caller: Caller, more: Partial<TurnRequest> = {}): TurnRequest => ({
  message: "8517.13 관세율",
  caller,
  sessionId: null,
  language: null,
  idempotencyKey: null,
  ...more,
})

const finish: AnswerPart = { _tag: "Finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 2 } }

const saying = (...pieces: ReadonlyArray<string>): ReadonlyArray<AnswerPart> => [
  { _tag: "Model", model: "test" },
  ...pieces.map((text): AnswerPart => ({ _tag: "Text", text })),
]

export const modelSaying = (...pieces: ReadonlyArray<string>) =>
  Layer.succeed(AnswerModel, { answer: () => Stream.fromIterable([...saying(...pieces), finish]) })

/** Says one piece, then stays silent for ever. */
export const modelStalling = Layer.succeed(AnswerModel, {
  answer: () => Stream.concat(Stream.fromIterable(saying("half ")), Stream.never),
})

/** Says a word, waits to be told, and says the rest. */
export const modelWaiting = (go: Deferred.Deferred<void>) => {
  const parts = (...said: ReadonlyArray<AnswerPart>) => Stream.fromIterable(said)
  return Layer.succeed(AnswerModel, {
    answer: () =>
      parts({ _tag: "Model", model: "test" }, { _tag: "Text", text: "first " }).pipe(
        Stream.concat(Stream.drain(Stream.fromEffect(Deferred.await(go)))),
        Stream.concat(
          parts(
            { _tag: "Text", text: "second" },
            { _tag: "Finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 2 } },
          ),
        ),
      ),
  })
}

export const modelFailing = (...pieces: ReadonlyArray<string>) =>
  Layer.succeed(AnswerModel, {
    answer: () =>
      Stream.concat(
        Stream.fromIterable(saying(...pieces)),
        Stream.fail(new AnswerFailed({ model: "test", reason: "connection" })),
      ),
  })

export interface Written {
  readonly begun: Array<NewTurn>
  readonly completed: Array<FinishedTurn>
}

export const empty = (): Written => ({ begun: [], completed: [] })

export const historyInMemory = (written: Written = empty()) =>
  Layer.succeed(ChatHistory, {
    answers: Effect.succeed(true),
    authorize: (_, sessionId) =>
      written.begun.some((turn) => turn.sessionId === sessionId)
        ? Effect.void
        : Effect.fail(new SessionNotFound({ sessionId })),
    openQuestion: (sessionId) =>
      Effect.sync(() => {
        const analysis = written.completed.findLast((turn) => turn.sessionId === sessionId)?.hscodeAnalysis
        return analysis?.question && analysis.product_name !== null
          ? Option.some({ product: analysis.product_name, question: analysis.question })
          : Option.none()
      }),
    recentMessages: (_, sessionId) =>
      Effect.sync(() =>
        written.completed
          .filter((turn) => turn.sessionId === sessionId)
          .flatMap(({ turnId, content }) => [
            { role: "user", content: written.begun.find((turn) => turn.turnId === turnId)?.message ?? "" },
            { role: "assistant", content },
          ]),
      ),
    begin: (turn) =>
      Effect.sync(() => {
        const sessionCreated = written.begun.every(({ sessionId }) => sessionId !== turn.sessionId)
        written.begun.push(turn)
        return { sessionCreated }
      }),
    save: () => Effect.void,
    complete: (turn) => Effect.sync(() => ({ messageId: `${written.completed.push(turn)}`, messageCount: 2 })),
  })

const lost = (operation: string) => Effect.fail(new HistoryUnavailable({ operation, retryable: true, reason: "lost" }))

export const historyLost = Layer.succeed(ChatHistory, {
  answers: Effect.succeed(false),
  authorize: () => lost("authorize"),
  openQuestion: () => lost("openQuestion"),
  recentMessages: () => lost("recentMessages"),
  begin: () => lost("begin"),
  save: () => lost("save"),
  complete: () => lost("complete"),
})

export const harmonizedSystem = HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))

export const chatTurn = (
  model: Layer.Layer<AnswerModel>,
  history: Layer.Layer<ChatHistory>,
  context7: Layer.Layer<Context7> = Context7.layerOff,
  others: typeof noSchedules = noSchedules,
) =>
  ChatTurn.layer.pipe(
    Layer.provideMerge(DetailPages.layer),
    Layer.provideMerge([model, history, context7, others, Persistence.layerMemory]),
  )
