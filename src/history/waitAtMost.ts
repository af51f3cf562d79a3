/**
 * A time limit that holds even against a database that is frozen. `Effect.timeout` waits for the interrupted query to
 * end, and the query waits for the server to confirm its cancellation; here that goes on behind the caller's back.
 */
import { type Duration, Effect, Fiber, type Scope } from "effect"

export const waitAtMost =
  (limit: Duration.Input, scope: Scope.Scope) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.forkIn(work, scope), (fiber) =>
      Fiber.join(fiber).pipe(
        Effect.timeout(limit),
        Effect.onError(() => Effect.forkIn(Fiber.interrupt(fiber), scope)),
      ),
    )
