/**
 * What Context7 said to a question, kept for everybody who asks the same; instances with one Redis ask once between them.
 * "Nothing found" is kept for a short while, failures are not, and in place of one serves what was said within a day.
 * Keys are digests: no question stands in the store.
 */
import { Clock, Config, Context, Duration, Effect, Exit, Layer, Metric, Option, type Ref, Schema } from "effect"
import { Persistable, Persistence } from "effect/persistence"
import type { Context7Call } from "../domain/Analysis.ts"
import { digestOf } from "../domain/digestOf.ts"
import { dotted, type HsCode } from "../domain/HsCode.ts"
import { Context7 } from "../context7/Context7.ts"
import type { Context7Error } from "../context7/Context7Error.ts"
import { remembered } from "../hs/remembered.ts"
import { canonical } from "../hs/text.ts"
import { makeFlights } from "./flights.ts"
import { Invalidations, Scope } from "./Invalidations.ts"
import { type Documents, makeConsult, type Subject } from "./libraries.ts"
import { Documented } from "./relevance.ts"

export interface Asked {
  readonly product: string
  /** The likely code with its own name and its heading's. */
  readonly code: HsCode
  readonly name: string
  readonly heading: string
}

/** The product's name and its likely code go out, not the message. */
const subjectOf = ({ code, heading, name, product }: Asked): Subject => ({
  question: `HS classification of ${product} (${dotted(code)} ${name})`,
  about: heading,
})

export interface Answer extends Documents {
  /** Another turn's answer serves. */
  readonly kept: boolean
  /** It had expired, and serves because Context7 failed. */
  readonly stale: boolean
}

export class EvidenceCache extends Context.Service<
  EvidenceCache,
  {
    readonly ask: (asked: Asked, calls: Ref.Ref<ReadonlyArray<Context7Call>>) => Effect.Effect<Answer, Context7Error>
  }
>()("hs-trade-chat/detail/EvidenceCache") {
  static readonly layer = Layer.effect(
    EvidenceCache,
    Effect.suspend(() => make),
  ).pipe(Layer.provide(Invalidations.layer))
}

export const lifeConfig = Config.Duration("CONTEXT7_CACHE_TTL").pipe(Config.withDefault(Duration.hours(1)))

/** How long "nothing found" and answers of some of the libraries hold. */
export const shortLife = Duration.minutes(10)

/** How long an answer may serve in place of a failure. */
const lastResort = Duration.days(1)

/** Lookups by cache (`evidence`, `page`) and what came of them (`hit`, `miss`, `stale`). */
export const lookups = Metric.counter("detail_cache_lookups", {
  description: "Lookups in the caches of task B by cache and outcome",
  incremental: true,
})

const counted = (outcome: "hit" | "miss" | "stale") =>
  Metric.update(Metric.withAttributes(lookups, { cache: "evidence", outcome }), 1)

const productsAtHand = 1000

/** Changes when the same answer is read or kept otherwise. */
const schema = "2"

const Kept = Schema.Struct({
  at: Schema.Finite,
  scopes: Schema.Array(Schema.String),
  libraries: Schema.Array(Schema.String),
  snippets: Schema.Array(Documented),
  partial: Schema.Boolean,
})

class Key extends Persistable.Class<{ payload: { digest: string } }>()("Context7Question", {
  primaryKey: ({ digest }) => digest,
  success: Kept,
}) {}

const make = Effect.gen(function* () {
  const context7 = yield* Context7
  const invalidations = yield* Invalidations
  const consult = yield* makeConsult(context7)
  const flights = yield* makeFlights
  const life = yield* lifeConfig
  const store = yield* (yield* Persistence.Persistence).make({
    storeId: "context7",
    timeToLive: () => Duration.max(life, lastResort),
  })
  const read = (key: Key) =>
    store.get(key).pipe(
      Effect.orElseSucceed(() => undefined),
      Effect.map((exit) => (exit !== undefined && Exit.isSuccess(exit) ? Option.some(exit.value) : Option.none())),
      Effect.flatMap((found) =>
        Option.isSome(found)
          ? Effect.when(
              Effect.succeed(found.value),
              Effect.map(invalidations.concern(found.value), (gone) => !gone),
            )
          : Effect.succeed(found),
      ),
    )
  const { of: digestOfProduct } = remembered(
    (product) => digestOf(schema, context7.libraries, canonical(product)),
    productsAtHand,
  )
  const holds = ({ at, partial, snippets }: typeof Kept.Type, now: number) =>
    now - at < Duration.toMillis(partial || snippets.length === 0 ? shortLife : life)

  return EvidenceCache.of({
    ask: Effect.fnUntraced(function* (asked, calls) {
      const key = new Key({ digest: `${digestOfProduct(asked.product)}-${asked.code}` })
      const now = yield* Clock.currentTimeMillis
      const before = yield* read(key)
      if (Option.isSome(before) && holds(before.value, now)) {
        yield* counted("hit")
        return answer(before.value, { kept: true })
      }
      const work = Effect.gen(function* () {
        const documents = yield* consult(subjectOf(asked), calls)
        const kept = { at: yield* Clock.currentTimeMillis, scopes: scopesOf(asked, documents), ...documents }
        yield* Effect.ignore(store.set(key, Exit.succeed(kept)))
        yield* counted("miss")
        return answer(kept, {})
      })
      const landed = Effect.map(read(key), (found) =>
        Option.filter(found, (kept) => holds(kept, now)).pipe(Option.map((kept) => answer(kept, { kept: true }))),
      )
      const asking = Effect.flatMap(
        context7.refusal,
        Option.match({
          onNone: () => Effect.withSpan(flights.one(key.digest, work, landed), "EvidenceCache.ask"),
          onSome: Effect.fail,
        }),
      )
      return yield* asking.pipe(
        Effect.catch((failure) =>
          Option.match(before, {
            onNone: () => Effect.fail(failure),
            onSome: (kept) => Effect.as(counted("stale"), answer(kept, { kept: true, stale: true })),
          }),
        ),
      )
    }),
  })
})

const answer = (documents: Documents, how: Partial<Answer>): Answer => ({
  ...documents,
  kept: false,
  stale: false,
  ...how,
})

const scopesOf = ({ code }: Asked, { libraries }: Documents) => [
  Scope.code(code),
  ...libraries.map((id) => Scope.library(id)),
]
