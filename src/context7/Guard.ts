/**
 * Keeps an ill Context7 from costing anything: a bulkhead of calls at a time, and two circuits. One opens after failures in
 * a row; the other at the first refusal (rate limit, key), because asking again only makes that worse.
 */
import { Cause, Clock, Duration, Effect, Exit, Metric, Option, Semaphore, Stream } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { type Context7Error, Context7Resting } from "./Context7Error.ts"

const atOnce = 16
/** A call that finds no place within this time is not made. */
const patience = "300 millis"
const failuresInARow = 5

export interface Guard {
  /** Runs a call, or fails with `Context7Resting` without making it. */
  readonly protect: <A, R>(call: Effect.Effect<A, Context7Error, R>) => Effect.Effect<A, Context7Error, R>
  /** What a call would meet now without being made; none while calls are made. */
  readonly refusal: Effect.Effect<Option.Option<Context7Resting>>
}

const transitions = Metric.counter("context7_circuit_transitions", {
  description: "Circuits of Context7 that changed, by the state they changed to",
  incremental: true,
})

const leftAlone = Metric.gauge("context7_resting", { description: "1 while Context7 is left alone, else 0" })

/** How long a refusal keeps its circuit open at least. */
const refusals: Partial<Record<Context7Error["_tag"], Duration.Input>> = {
  Context7RateLimited: "5 minutes",
  Context7Unauthorised: "30 minutes",
}

const ill = new Set<Context7Error["_tag"]>(["Context7Timeout", "Context7ConnectionLost", "Context7ProtocolFault"])

interface Settings {
  /** Names the server, so that circuits of several do not mix. */
  readonly key: string
  /** A call that is given up after half of it was too slow, whoever gave it up. */
  readonly timeout: Duration.Duration
}

export const makeGuard = Effect.fnUntraced(function* ({ key, timeout }: Settings) {
  const places = yield* Semaphore.make(atOnce)
  const ill = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(failuresInARow),
    openDuration: "15 seconds",
    maxOpenDuration: "5 minutes",
    onStoreError: "allow",
  })
  const refused = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(1),
    openDuration: "5 minutes",
    maxOpenDuration: "1 hour",
    onStoreError: "allow",
  })
  yield* Metric.update(Metric.withAttributes(transitions, { to: "Open" }), 0)
  const keys = { ill: `${key} ill`, refused: `${key} refused` }
  yield* Stream.merge(ill.transitions, refused.transitions).pipe(Stream.runForEach(announce), Effect.forkScoped)

  /** The breaker takes no notice of a call that is interrupted; one that was given up for its slowness is a failure. */
  const givenUp = (started: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      (now - started) * 2 < Duration.toMillis(timeout)
        ? Effect.void
        : Effect.void.pipe(ill.execute({ key: keys.ill, classify: () => CircuitBreaker.failure() }), Effect.ignore),
    )

  return {
    protect: <A, R>(call: Effect.Effect<A, Context7Error, R>): Effect.Effect<A, Context7Error, R> =>
      Effect.flatMap(Clock.currentTimeMillis, (started) =>
        call.pipe(
          placed(places),
          ill.execute({ key: keys.ill, classify: judge(illness) }),
          closed,
          Effect.onInterrupt(() => givenUp(started)),
          refused.execute({ key: keys.refused, classify: judge(refusal) }),
          closed,
        ),
      ),
    refusal: Effect.all([ill.state(keys.ill), refused.state(keys.refused)]).pipe(
      Effect.map(([a, b]) => Duration.max(timeLeft(a), timeLeft(b))),
      Effect.map((wait) => (Duration.isPositive(wait) ? Option.some(resting("circuit open", wait)) : Option.none())),
      Effect.tap((refusal) => Metric.update(leftAlone, Option.isSome(refusal) ? 1 : 0)),
      Effect.orElseSucceed(() => Option.none()),
    ),
  } satisfies Guard
})

/** An open circuit whose time is over waits for a call to try it. */
const timeLeft = (state: CircuitBreaker.State): Duration.Duration =>
  state._tag === "Open" ? state.retryAfter : Duration.zero

const judge =
  (isFailure: (error: Context7Error) => CircuitBreaker.Outcome) =>
  <A>(exit: Exit.Exit<A, Context7Error>): CircuitBreaker.Outcome =>
    Exit.isSuccess(exit)
      ? CircuitBreaker.success
      : Option.match(Cause.findErrorOption(exit.cause), { onNone: () => CircuitBreaker.ignored, onSome: isFailure })

const illness = (error: Context7Error): CircuitBreaker.Outcome =>
  ill.has(error._tag) || (error._tag === "Context7ApiError" && error.retryable)
    ? CircuitBreaker.failure()
    : CircuitBreaker.ignored

const refusal = (error: Context7Error): CircuitBreaker.Outcome => {
  const retryAfter = refusals[error._tag]
  return retryAfter === undefined ? CircuitBreaker.ignored : CircuitBreaker.failure({ retryAfter })
}

const resting = (reason: string, wait: Duration.Duration) =>
  new Context7Resting({ operation: "guard", reason, retryAfter: Math.ceil(Duration.toSeconds(wait)) })

/** A circuit that lets nothing through, or whose one trial is under way, is an error like the others. */
const closed = <A, E, R>(
  self: Effect.Effect<A, E | CircuitBreaker.CircuitBreakerError, R>,
): Effect.Effect<A, E | Context7Resting, R> =>
  Effect.catchIf(
    self,
    (error): error is E & CircuitBreaker.CircuitBreakerError => error instanceof CircuitBreaker.CircuitBreakerError,
    ({ reason }) =>
      Effect.fail(resting("circuit open", reason._tag === "CircuitOpen" ? reason.retryAfter : Duration.seconds(1))),
  ) as Effect.Effect<A, E | Context7Resting, R>

/** Waits a little for a place, and gives it back. */
const placed =
  (places: Semaphore.Semaphore) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E | Context7Resting, R> =>
    Effect.uninterruptibleMask((restore) =>
      restore(places.take(1)).pipe(
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => Effect.fail(resting("too many calls at a time", Duration.seconds(1))),
        }),
        Effect.andThen(Effect.ensuring(restore(call), places.release(1))),
      ),
    )

const announce = (change: CircuitBreaker.Transition) =>
  Effect.andThen(
    Metric.update(Metric.withAttributes(transitions, { to: change.to }), 1),
    change.to === "Open"
      ? Effect.logWarning("Context7 is left alone for a while", {
          circuit: change.key,
          seconds: Duration.toSeconds(change.retryAfter),
        })
      : Effect.logInfo("Context7 is asked again", { circuit: change.key, state: change.to }),
  )
