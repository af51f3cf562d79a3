/**
 * What Context7 said to a question, kept for everybody who asks the same. One flight a question; failures are not kept,
 * "no such library" and "nothing found" for a short while, and what was said within a day serves in place of a failure. Keys are digests: no question stands in the store.
 */
import { Config, Context, Duration, Effect, Exit, Layer, Option, type Ref, Schema } from "effect"
import { Persistable, PersistedCache, Persistence } from "effect/persistence"
import { createHash } from "node:crypto"
import type { Context7Call } from "../domain/Analysis.ts"
import { Context7 } from "../context7/Context7.ts"
import { type Context7Error, Context7Failure } from "../context7/Context7Error.ts"
import { Snippet } from "../context7/parse.ts"
import { normalise } from "../hs/text.ts"
import { recorded } from "./calls.ts"

/** The calls of the turn that makes the flight; the turns that only wait for it have none. */
export class Flight extends Context.Service<Flight, Ref.Ref<ReadonlyArray<Context7Call>>>()(
  "hs-trade-chat/detail/Flight",
) {}

export interface Asked {
  /** What is asked. */
  readonly question: string
  /** Which library to look for when the operator names none. */
  readonly about: string
}

export interface Answer {
  readonly snippets: ReadonlyArray<Snippet>
  /** Context7 failed, and an answer that had expired serves. */
  readonly stale: boolean
}

export class EvidenceCache extends Context.Service<
  EvidenceCache,
  {
    readonly snippets: (asked: Asked) => Effect.Effect<Answer, Context7Error, Flight>
  }
>()("hs-trade-chat/detail/EvidenceCache") {
  static readonly layer = Layer.effect(
    EvidenceCache,
    Effect.suspend(() => make),
  )
}

/** Changes when snippets of the same text are read otherwise. */
const version = "1"

class Key extends Persistable.Class<{
  payload: { question: string; about: string; libraries: ReadonlyArray<string> }
}>()("Context7Question", {
  primaryKey: ({ about, libraries, question }) =>
    createHash("sha256")
      .update(JSON.stringify([version, libraries, normalise(about), normalise(question).replace(/\s+/g, "")]))
      .digest("base64url"),
  success: Schema.Array(Snippet),
  error: Context7Failure,
}) {}

const keptAtMost = 2000
const nothingFound = Duration.minutes(10)

/** How long an answer may serve in place of a failure. */
const lastResort = Duration.days(1)

const make = Effect.gen(function* () {
  const context7 = yield* Context7
  const expired = yield* (yield* Persistence.Persistence).make({
    storeId: "context7-expired",
    timeToLive: () => lastResort,
  })
  const life = yield* Config.Duration("CONTEXT7_CACHE_TTL").pipe(Config.withDefault(Duration.hours(1)))
  const timeToLive = (exit: Exit.Exit<ReadonlyArray<Snippet>, Context7Error>) => {
    if (Exit.isSuccess(exit)) return exit.value.length > 0 ? life : nothingFound
    const error = Option.getOrNull(Exit.findErrorOption(exit))
    return error?._tag === "LibraryNotFound" ? nothingFound : Duration.zero
  }
  const cache = yield* PersistedCache.make<Key, Flight, "lookup">(
    Effect.fnUntraced(function* (key: Key) {
      const { about, libraries, question } = key
      const calls = yield* Flight
      const consulted =
        libraries.length > 0
          ? libraries
          : yield* recorded(
              calls,
              "resolve-library-id",
              { libraryName: about },
              (found) => `${found.length} libraries`,
              context7.resolveLibraryId(about, question),
            ).pipe(Effect.map((found) => found.slice(0, 1).map(({ id }) => id)))
      const found = yield* Effect.forEach(consulted, (id) =>
        recorded(
          calls,
          "query-docs",
          { libraryId: id },
          (snippets) => `${snippets.length} snippets`,
          context7.getLibraryDocs(id, question),
        ),
      )
      const snippets = found.flat()
      if (snippets.length > 0) yield* Effect.ignore(expired.set(key, Exit.succeed(snippets)))
      return snippets
    }),
    {
      storeId: "context7",
      timeToLive,
      inMemoryTTL: timeToLive,
      inMemoryCapacity: keptAtMost,
      requireServicesAt: "lookup",
    },
  )
  /** What was said before, or the failure. */
  const instead = (key: Key, failure: Context7Error) =>
    expired.get(key).pipe(
      Effect.orElseSucceed(() => undefined),
      Effect.flatMap((before) =>
        before !== undefined && Exit.isSuccess(before)
          ? Effect.succeed({ snippets: before.value, stale: true })
          : Effect.fail(failure),
      ),
    )
  return EvidenceCache.of({
    snippets: (asked) => {
      const key = new Key({ ...asked, libraries: context7.libraries })
      return cache.get(key).pipe(
        Effect.catchTags({ PersistenceError: Effect.die, SchemaError: Effect.die }),
        Effect.map((snippets) => ({ snippets, stale: false })),
        Effect.catch((failure) => (failure._tag === "LibraryNotFound" ? Effect.fail(failure) : instead(key, failure))),
      )
    },
  })
})
