/**
 * What operators declared outdated in the caches, and when: an entry that was written before counts as missing. Every
 * instance minds it within a second, by way of Redis when there is one.
 */
import { Clock, Context, Duration, Effect, Layer, Option, Schema } from "effect"
import { Redis } from "effect/persistence"
import type { HsCode } from "../domain/HsCode.ts"

/** What an entry may be called by. */
export const Scope = {
  everything: "everything",
  version: (version: string) => `version ${version}`,
  code: (code: HsCode) => `code ${code}`,
  library: (id: string) => `library ${id}`,
}

/** Redis did not take it: nothing was declared. */
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
      const store = Option.match(yield* Effect.serviceOption(Redis.Redis), { onNone: alone, onSome: shared })
      const current = yield* Effect.cachedWithTTL(store.read, "1 second")
      return Invalidations.of({
        declare: Effect.fn("Invalidations.declare")(function* (scope: string) {
          yield* store.write(scope, yield* Clock.currentTimeMillis)
        }),
        concern: ({ at, scopes }) =>
          Effect.map(current, (declared) =>
            [Scope.everything, ...scopes].some((scope) => (declared.get(scope) ?? -1) >= at),
          ),
      })
    }),
  )
}

interface Store {
  readonly write: (scope: string, at: number) => Effect.Effect<void, InvalidationLost>
  readonly read: Effect.Effect<ReadonlyMap<string, number>>
}

const alone = (): Store => {
  const declared = new Map<string, number>()
  return {
    write: (scope, at) => Effect.sync(() => void declared.set(scope, at)),
    read: Effect.succeed(declared),
  }
}

const name = "detail-invalidations"
const patience = "200 millis"

/** No entry lives as long. */
const longest = Duration.toMillis("31 days")

const shared = ({ send }: Redis.Redis["Service"]): Store => {
  let known: ReadonlyMap<string, number> = new Map()
  const read = send<Record<string, string> | ReadonlyArray<string>>("HGETALL", name).pipe(
    Effect.map((reply) => new Map(pairsOf(reply).map(([scope, at]) => [scope, Number(at)]))),
    Effect.tap((declared) => Effect.sync(() => (known = declared))),
    Effect.timeout(patience),
    Effect.catch((error) => Effect.as(Effect.logWarning("invalidations not read", error._tag), known)),
  )
  return {
    read,
    write: (scope, at) =>
      Effect.all([send("HSET", name, scope, `${at}`), send("PEXPIRE", name, `${longest}`)], { discard: true }).pipe(
        Effect.timeout(patience),
        Effect.mapError(() => new InvalidationLost()),
      ),
  }
}

/** A hash, in either form that Redis' protocols give. */
const pairsOf = (reply: Record<string, string> | ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> =>
  Array.isArray(reply)
    ? reply.flatMap((scope: string, index) => (index % 2 === 0 ? [[scope, reply[index + 1] ?? ""] as const] : []))
    : Object.entries(reply)
