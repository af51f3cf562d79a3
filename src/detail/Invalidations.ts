/**
 * What operators declared outdated in the caches, and when: an entry that was written before counts as missing. Kept where
 * the entries are kept, so that every instance minds it at once.
 */
import { Clock, Context, Duration, Effect, Exit, Layer, Schema } from "effect"
import { Persistable, Persistence } from "effect/persistence"
import type { HsCode } from "../domain/HsCode.ts"

/** What an entry may be called by. */
export const Scope = {
  everything: "everything",
  version: (version: string) => `version ${version}`,
  code: (code: HsCode) => `code ${code}`,
  library: (id: string) => `library ${id}`,
}

/** The store did not take it: nothing was declared. */
export class InvalidationLost extends Schema.TaggedError<InvalidationLost>()("InvalidationLost", {}) {}

export class Invalidations extends Context.Service<
  Invalidations,
  {
    readonly declare: (scope: string) => Effect.Effect<void, InvalidationLost>
    /** Whether something was declared of an entry since it was written (milliseconds since the epoch). */
    readonly concern: (entry: { readonly scopes: ReadonlyArray<string>; readonly at: number }) => Effect.Effect<boolean>
  }
>()("hs-trade-chat/detail/Invalidations") {
  static readonly layer = Layer.effect(
    Invalidations,
    Effect.gen(function* () {
      const store = yield* (yield* Persistence.Persistence).make({
        storeId: "invalidations",
        timeToLive: () => longest,
      })
      return Invalidations.of({
        declare: Effect.fn("Invalidations.declare")(function* (scope: string) {
          const key = new Declared({ scope })
          const now = yield* Clock.currentTimeMillis
          yield* Effect.ignore(store.set(key, Exit.succeed(now)))
          const kept = yield* Effect.orElseSucceed(store.get(key), () => undefined)
          if (kept === undefined) return yield* new InvalidationLost()
        }),
        concern: ({ at, scopes }) =>
          store.getMany([Scope.everything, ...scopes].map((scope) => new Declared({ scope }))).pipe(
            Effect.map((all) => all.some((exit) => exit !== undefined && Exit.isSuccess(exit) && exit.value >= at)),
            Effect.orElseSucceed(() => false),
          ),
      })
    }),
  )
}

/** Longer than any entry lives. */
const longest = Duration.days(31)

class Declared extends Persistable.Class<{ payload: { scope: string } }>()("Invalidation", {
  primaryKey: ({ scope }) => scope,
  success: Schema.Finite,
}) {}
