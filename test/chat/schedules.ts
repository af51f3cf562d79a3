/** Random schedules of a turn: what is asked, when each room answers or fails, and when readers come, leave and stop it. */
import { Effect, Layer, Option, Stream } from "effect"
import fc from "fast-check"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { AnswerFailed, type AnswerPart } from "../../src/answer/AnswerPart.ts"
import { Context7 } from "../../src/context7/Context7.ts"
import * as Errors from "../../src/context7/Context7Error.ts"
import type { Snippet } from "../../src/context7/parse.ts"
import { RecentQueries } from "../../src/detail/RecentQueries.ts"
import { ChatHistory, HistoryUnavailable } from "../../src/history/ChatHistory.ts"
import { answering } from "../context7/answering.ts"
import { chatTurn, historyInMemory, noSchedules, type Written } from "./TestRooms.ts"

/** Milliseconds. */
const moment = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2500 }))

const call = <How extends string>(...hows: ReadonlyArray<How>) =>
  fc.record({ after: moment, how: fc.constantFrom(...hows) })
type Call<How extends string> = { readonly after: number; readonly how: How }

const operation = "docs"
const reason = "told to"
const context7Errors: ReadonlyArray<Errors.Context7Error> = [
  new Errors.Context7Timeout({ operation, after: 2000 }),
  new Errors.Context7ConnectionLost({ operation, reason }),
  new Errors.Context7ApiError({ operation, status: 503, reason }),
  new Errors.Context7ApiError({ operation, status: 400, reason }),
  new Errors.Context7RateLimited({ operation }),
  new Errors.Context7Unauthorised({ operation }),
  new Errors.LibraryNotFound({ library: "customs" }),
  new Errors.Context7ProtocolFault({ operation, reason }),
  new Errors.Context7Resting({ operation, reason, retryAfter: 7 }),
  new Errors.Context7BudgetSpent({ retryAfter: 7 }),
]

const snippets: ReadonlyArray<Snippet> = [
  {
    title: "Smartphones",
    source: "https://customs.example/8517",
    text: "HS 8517.13 smartphones, tariff and customs duty",
  },
  { title: "지갑", source: "", text: "가죽제 지갑 HS 4202.31 관세 품목분류" },
]

const context7 = fc.record({
  error: fc.constantFrom(...context7Errors),
  refuses: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  named: fc.boolean(),
  resolve: call("answer", "answer", "fail", "die", "never"),
  docs: call("answer", "answer", "answer", "fail", "fail", "die", "never"),
})

const words = ["스마", "트폰", " a", "\n\n", "😀", "", "x".repeat(8001), "가".repeat(9000) + "😀"]

const model = fc.record({
  pieces: fc.array(fc.record({ after: moment, text: fc.constantFrom(...words) }), { maxLength: 6 }),
  end: call("stop", "stop", "stop", "length", "fail", "die", "throw", "never"),
})

const history = fc.record({
  begin: call("answer", "answer", "answer", "fail", "die", "never"),
  complete: call("answer", "answer", "answer", "fail", "die", "never"),
  note: call("answer", "answer", "answer", "die", "never"),
})

const reader = fc.record({
  comes: moment,
  visits: fc.array(fc.record({ events: fc.integer({ min: 1, max: 8 }), away: fc.integer({ min: 0, max: 17_000 }) }), {
    maxLength: 3,
  }),
})

/** Sure, unsure, a whole sentence, an older edition's code, one that never was, and no goods at all. */
const messages = [
  "8517.13 관세율",
  "가죽 지갑 HS코드가 뭐야?",
  "HS code of smoked salmon",
  "plastic things for a shop",
  "8517.12 tariff rate",
  "9999.99 관세율",
  "안녕하세요, 반가워요",
]

export const schedule = fc.record({
  message: fc.constantFrom(...messages),
  language: fc.constantFrom(null, "ko" as const, "en" as const),
  isMember: fc.boolean(),
  context7: fc.option(context7),
  model,
  history,
  readers: fc.array(reader, { maxLength: 3 }),
  stop: fc.option(fc.record({ at: fc.integer({ min: 0, max: 6000 }), how: fc.constantFrom("stop", "drain") })),
  /** Steps that a fiber takes before another one's turn. */
  stride: fc.constantFrom(5, 7, 11, 23, 61, 2048),
})
export type Schedule = typeof schedule extends fc.Arbitrary<infer A> ? A : never

const acting = <A, E>(
  { after, how }: Call<string>,
  answer: Effect.Effect<A>,
  fail: Effect.Effect<never, E>,
): Effect.Effect<A, E> => {
  const then: Effect.Effect<A, E> =
    how === "answer" ? answer : how === "fail" ? fail : how === "never" ? Effect.never : Effect.die(new Error(reason))
  return after === 0 ? then : Effect.delay(then, after)
}

const answers = ({ end, pieces }: Schedule["model"]): AnswerModel["Service"] => {
  const paced = <A>(after: number, part: A) =>
    Stream.fromEffect(after === 0 ? Effect.succeed(part) : Effect.delay(Effect.succeed(part), after))
  const said = pieces.map(({ after, text }) => paced<AnswerPart>(after, { _tag: "Text", text }))
  const last: Stream.Stream<AnswerPart, AnswerFailed> =
    end.how === "never"
      ? Stream.never
      : end.how === "fail"
        ? Stream.fail(new AnswerFailed({ model: "test", reason: "connection" }))
        : end.how === "die"
          ? Stream.die(new Error(reason))
          : Stream.make<ReadonlyArray<AnswerPart>>({
              _tag: "Finish",
              reason: end.how === "length" ? "length" : "stop",
              usage: { inputTokens: 1, outputTokens: 2 },
            })
  return {
    answer: () => {
      if (end.how === "throw") throw new Error(reason)
      return [...said, Stream.drain(paced(end.after, null)), last].reduce<Stream.Stream<AnswerPart, AnswerFailed>>(
        (before, next) => Stream.concat(before, next),
        Stream.make<ReadonlyArray<AnswerPart>>({ _tag: "Model", model: "test" }),
      )
    },
  }
}

const documents = (plan: Schedule["context7"]): Layer.Layer<Context7> => {
  if (plan === null) return Context7.layerOff
  const failure = Effect.fail(plan.error)
  const library = { id: "/resolved", title: "customs", description: "", snippets: 1, reputation: 1 }
  return answering(() => acting(plan.docs, Effect.succeed(snippets), failure), {
    libraries: plan.named ? ["/customs/guide", "/tariffs/all"] : [],
    refusal: Effect.succeed(plan.refuses ? Option.some(plan.error) : Option.none()),
    resolveLibraryId: () => acting(plan.resolve, Effect.succeed([library]), failure),
  })
}

/** The rooms of such a turn; what is written stands in `written` when, and only when, it was committed. */
export const roomsOf = ({ context7, history, model }: Schedule, written: Written) => {
  const lost = (operation: string) => Effect.fail(new HistoryUnavailable({ operation, retryable: false, reason }))
  const stored = Layer.effect(
    ChatHistory,
    Effect.map(ChatHistory, (kept) =>
      ChatHistory.of({
        ...kept,
        begin: (turn) => acting(history.begin, Effect.orDie(kept.begin(turn)), lost("begin")),
        complete: (turn) => acting(history.complete, Effect.orDie(kept.complete(turn)), lost("complete")),
      }),
    ),
  ).pipe(Layer.provide(historyInMemory(written)))
  const recent = Layer.succeed(RecentQueries, {
    note: () => acting(history.note, Effect.void, Effect.never),
    of: () => Effect.succeed([]),
    erase: () => Effect.void,
  })
  return chatTurn(
    Layer.succeed(AnswerModel, answers(model)),
    stored,
    documents(context7),
    Layer.merge(noSchedules, recent),
  )
}
