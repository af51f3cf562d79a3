/**
 * What task B makes of a product: its candidates in the light of the evidence, kept for whoever names the same product in
 * whatever spelling. One flight a product. A result without evidence is kept for a short while, one that rests on a failure
 * or on an expired answer not at all.
 */
import { Clock, Context, Duration, Effect, Exit, Layer, Metric, Option, Ref, Schema } from "effect"
import { Persistable, PersistedCache } from "effect/persistence"
import type { Context7Call } from "../domain/Analysis.ts"
import { digestOf } from "../domain/digestOf.ts"
import { headingOf } from "../domain/HsCode.ts"
import { Candidate, type Recognition } from "../domain/Recognition.ts"
import { Purpose } from "../context7/Budget.ts"
import { Context7 } from "../context7/Context7.ts"
import { Context7Failure, Context7Timeout } from "../context7/Context7Error.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { remembered } from "../hs/remembered.ts"
import { canonical } from "../hs/text.ts"
import { EvidenceCache, lifeConfig, lookups, shortLife } from "./EvidenceCache.ts"
import { type Findings, gatherWith } from "./evidence.ts"
import { Invalidations, Scope } from "./Invalidations.ts"
import { CitedSnippet } from "./relevance.ts"

export class DetailPageCache extends Context.Service<
  DetailPageCache,
  {
    /** Within `CONTEXT7_TIMEOUT`; never fails. */
    readonly find: (recognition: Recognition, purpose: Purpose) => Effect.Effect<Findings>
  }
>()("hs-trade-chat/detail/DetailPageCache") {
  static readonly layer = Layer.effect(
    DetailPageCache,
    Effect.suspend(() => make),
  ).pipe(Layer.provide(EvidenceCache.layer), Layer.provide(Invalidations.layer))
}

const counted = (outcome: string) => Metric.withAttributes(lookups, { cache: "page", outcome })
const [hits, misses] = [counted("hit"), counted("miss")]

/** What is asked for all the time is not read from the store each time; what operators declare of it is minded all the same. */
const atHand = Duration.minutes(1)
const mostAtHand = 256

const productsAtHand = 1000

/** Changes when the same product gives another result. */
const schema = "1"

const Result = Schema.Struct({
  at: Schema.Finite,
  scopes: Schema.Array(Schema.String),
  candidates: Schema.Array(Candidate),
  snippets: Schema.Array(CitedSnippet),
  /** The answers in it had been given to another turn. */
  kept: Schema.Boolean,
  stale: Schema.Boolean,
  partial: Schema.Boolean,
})

class Key extends Persistable.Class<{ payload: { digest: string } }>()("DetailPage", {
  primaryKey: ({ digest }) => digest,
  success: Result,
  error: Context7Failure,
}) {}

/** The turn that makes the flight; it gets the calls, those that wait for it have none. */
class Errand extends Context.Service<
  Errand,
  {
    readonly recognition: Recognition
    readonly calls: Ref.Ref<ReadonlyArray<Context7Call>>
    readonly flown: Ref.Ref<boolean>
  }
>()("hs-trade-chat/detail/Errand") {}

const make = Effect.gen(function* () {
  const context7 = yield* Context7
  const hs = yield* HarmonizedSystem
  const invalidations = yield* Invalidations
  const gather = gatherWith(yield* EvidenceCache, hs)
  const life = yield* lifeConfig
  const timeToLive = (exit: Exit.Exit<typeof Result.Type, unknown>) => {
    if (Exit.isFailure(exit) || exit.value.stale || exit.value.partial) return Duration.zero
    return exit.value.snippets.some(({ relevance }) => relevance > 0) ? life : shortLife
  }
  const workOut = Effect.fnUntraced(function* ({ calls, flown, recognition }: Errand["Service"]) {
    yield* Ref.set(flown, true)
    const { candidates, kept, libraries, partial, snippets, stale } = yield* gather(recognition, calls)
    const codes = candidates.flatMap(({ code }) => [code, headingOf(code)])
    const scopes = [
      Scope.version(yield* hs.version),
      ...new Set(codes.map((code) => Scope.code(code))),
      ...libraries.map((id) => Scope.library(id)),
    ]
    return { at: yield* Clock.currentTimeMillis, scopes, candidates, snippets, kept, stale, partial }
  })
  const cache = yield* PersistedCache.make<Key, Errand, "lookup">(() => Effect.flatMap(Errand, workOut), {
    storeId: "detail-pages",
    timeToLive,
    inMemoryTTL: (exit) => Duration.min(timeToLive(exit), atHand),
    inMemoryCapacity: mostAtHand,
    requireServicesAt: "lookup",
  })
  const valid = (key: Key) =>
    cache.get(key).pipe(
      Effect.flatMap((result) =>
        Effect.flatMap(invalidations.concern(result), (gone) =>
          gone ? Effect.andThen(cache.invalidate(key), cache.get(key)) : Effect.succeed(result),
        ),
      ),
      Effect.catchTags({ PersistenceError: Effect.die, SchemaError: Effect.die }),
    )
  const { of: nameOf } = remembered(canonical, productsAtHand)
  const lookedUp = Effect.fnUntraced(function* (errand: Errand["Service"]) {
    const { candidates, productName, written } = errand.recognition
    /** The first candidate too: a name is cut short, and what was cut off may make it another good. */
    const codes = [...written, ...candidates.slice(0, 1)].map(({ code }) => code)
    const version = yield* hs.version
    const key = new Key({
      digest: digestOf(schema, version, context7.libraries, nameOf(productName ?? ""), codes),
    })
    return yield* valid(key).pipe(
      Effect.provideService(Errand, errand),
      Effect.timeoutOrElse({
        duration: context7.timeout,
        orElse: () =>
          Effect.fail(new Context7Timeout({ operation: "evidence", after: Duration.toMillis(context7.timeout) })),
      }),
    )
  })

  return DetailPageCache.of({
    find: Effect.fn("DetailPageCache.find")(function* (recognition, purpose) {
      const errand = {
        recognition,
        calls: yield* Ref.make<ReadonlyArray<Context7Call>>([]),
        flown: yield* Ref.make(false),
      }
      // A Context7 that is left alone costs no flight: the answers that are kept are read, and that is all.
      const isRefused = Option.isSome(yield* context7.refusal)
      const result = yield* (isRefused ? workOut(errand) : lookedUp(errand)).pipe(
        Effect.provideService(Purpose, purpose),
        Effect.result,
      )
      const calls = yield* Ref.get(errand.calls)
      const hit = !(yield* Ref.get(errand.flown))
      if (!isRefused) yield* Metric.update(hit ? hits : misses, 1)
      if (result._tag === "Failure") {
        return {
          candidates: recognition.candidates,
          snippets: [],
          calls,
          cacheHit: false,
          stale: false,
          failure: result.failure,
        }
      }
      const { candidates, kept, snippets, stale } = result.success
      return {
        candidates: hit ? candidates.map((candidate) => ({ ...candidate, source: "cache" as const })) : candidates,
        snippets,
        calls,
        cacheHit: hit || kept,
        stale,
        failure: null,
      }
    }),
  })
})
