/**
 * One call of a model. Until its first words it is retried where that can help, and given up in time; from then on its
 * failure is the answer's. The request lives as long as the stream that reads it.
 */
import { Effect, Exit, Pull, Schedule, Scope, Stream } from "effect"
import type { AnswerLimits } from "./AnswerConfig.ts"
import { AnswerFailed, type AnswerPart, type FailureReason } from "./AnswerPart.ts"
import { type ChatModel, failureOf, type Prompt, type Spoken } from "./ChatModel.ts"
import { observed } from "./observed.ts"

const retries = Schedule.exponential("200 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 2 }))

/** The answer from its first words on; fails when there are none. */
export const call = Effect.fnUntraced(function* (model: ChatModel, prompt: Prompt, limits: AnswerLimits) {
  const failed = (reason: FailureReason) => Effect.fail(new AnswerFailed({ model: model.name, reason }))
  return yield* inScope(
    Effect.gen(function* () {
      const noted = yield* observed(model)
      const { head, next } = yield* begin(model, prompt).pipe(
        Effect.retry({ schedule: retries, while: (error) => error.retryable }),
        Effect.timeoutOrElse({ duration: limits.firstToken, orElse: () => failed("first_token_timeout") }),
        Effect.tapError(noted.failed),
      )
      yield* noted.began
      const rest = next.pipe(
        Effect.timeoutOrElse({ duration: limits.idle, orElse: () => failed("idle_timeout") }),
        Effect.tapError(noted.failed),
      )
      return Stream.fromArray(head).pipe(
        Stream.concat(Stream.fromPull(Effect.succeed(rest))),
        Stream.takeUntil(({ _tag }) => _tag === "Finish"),
        Stream.tap((part) => (part._tag === "Finish" ? noted.finished(part) : Effect.void)),
        Stream.map(said),
        (parts) => Stream.concat(Stream.make<ReadonlyArray<AnswerPart>>({ _tag: "Model", model: model.name }), parts),
      )
    }),
  )
})

const said = (part: Spoken): AnswerPart =>
  part._tag === "Finish" && part.reason === "refusal" ? { ...part, reason: "stop" } : (part as AnswerPart)

/** One attempt, as far as its first words. */
const begin = (model: ChatModel, prompt: Prompt) =>
  inScope(
    Effect.gen(function* () {
      const pull = yield* Stream.toPull(Stream.fromAsyncIterable(request(model, prompt), failureOf(model)))
      const next = Pull.catchDone(pull, () =>
        Effect.fail(new AnswerFailed({ model: model.name, reason: "connection" })),
      )
      const head = yield* next
      if (head[0]._tag === "Text") return { head, next }
      const reason = head[0].reason === "refusal" ? "refused" : "empty"
      return yield* new AnswerFailed({ model: model.name, reason })
    }),
  )

/** Whoever stops reading aborts the request first: a generator that waits for its next chunk cannot be closed. */
const request = (model: ChatModel, prompt: Prompt): AsyncIterable<Spoken> => ({
  [Symbol.asyncIterator]: () => {
    const abort = new AbortController()
    const spoken = model.speak(prompt, abort.signal)
    const over = { done: true, value: undefined } as const
    return {
      next: () => spoken.next(),
      return: () => {
        abort.abort()
        return spoken.return().catch(() => over)
      },
    }
  },
})

/** Opens resources in a scope within the caller's, which a failure closes at once. */
const inScope = <A, E, R>(open: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.scope, (outer) =>
    Effect.flatMap(Scope.fork(outer), (scope) =>
      open.pipe(
        Scope.provide(scope),
        Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit))),
      ),
    ),
  )
