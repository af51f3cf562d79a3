/**
 * A ledger of the calls that Context7 may get in a window of time, kept in Redis when there is one. What is left goes first
 * to where evidence can change the outcome:
 *
 *     "decide"    until the last call of the window
 *     "enrich"    only while less has been spent than the elapsed share of the window
 */
import { Clock, Context, Duration, Effect, Metric, Option } from "effect"
import { Redis } from "effect/persistence"
import type { Quota } from "../domain/Quota.ts"
import { Context7BudgetSpent } from "./Context7Error.ts"

/** What a call is for: to decide an unsure recognition, or to enrich a sure one. */
export type Purpose = "decide" | "enrich"
export const Purpose = Context.Reference<Purpose>("hs-trade-chat/context7/Purpose", { defaultValue: () => "decide" })

export interface Budget {
  /** Takes one call from the ledger, or fails. */
  readonly spend: Effect.Effect<void, Context7BudgetSpent>
  /** What every call would meet now; none while there is anything left. */
  readonly refusal: Effect.Effect<Option.Option<Context7BudgetSpent>>
}

const left = Metric.gauge("context7_budget_left", { description: "Calls to Context7 left in this window" })
const refused = Metric.counter("context7_budget_refusals", {
  description: "Calls to Context7 not made for the budget's sake, by what they were for",
  incremental: true,
})

const spentFor = (wait: number) => new Context7BudgetSpent({ retryAfter: Math.ceil(wait / 1000) })

const unlimited: Budget = { spend: Effect.void, refusal: Effect.succeed(Option.none()) }

export const makeBudget = (key: string, quota: Option.Option<Quota>): Effect.Effect<Budget> =>
  Option.match(quota, { onNone: () => Effect.succeed(unlimited), onSome: (quota) => ledger(key, quota) })

const ledger = Effect.fnUntraced(function* (key: string, { limit, window }: Quota) {
  const count = yield* counter(key, window)
  const length = Duration.toMillis(window)
  for (const purpose of ["decide", "enrich"]) yield* Metric.update(Metric.withAttributes(refused, { purpose }), 0)
  const refuse = (purpose: Purpose, wait: number) =>
    Effect.andThen(Metric.update(Metric.withAttributes(refused, { purpose }), 1), Effect.fail(spentFor(wait)))
  const tell = (spent: number) => Metric.update(left, Math.max(0, limit - spent))
  return {
    spend: Effect.gen(function* () {
      const purpose = yield* Purpose
      const now = yield* Clock.currentTimeMillis
      const elapsed = now % length
      const allowed = purpose === "decide" ? limit : Math.floor((limit * elapsed) / length)
      const spent = yield* count(1)
      yield* tell(spent)
      if (spent <= allowed) return
      yield* count(-1)
      if (spent === limit + 1) yield* Effect.logWarning("Context7's budget is spent", { limit })
      return yield* refuse(purpose, length - elapsed)
    }),
    refusal: Effect.zipWith(Effect.tap(count(0), tell), Clock.currentTimeMillis, (spent, now) =>
      spent < limit ? Option.none() : Option.some(spentFor(length - (now % length))),
    ),
  } satisfies Budget
})

/** Adds to the present window's count and tells it. Redis that fails leaves this process its own count. */
const counter = Effect.fnUntraced(function* (key: string, window: Duration.Duration) {
  const redis = yield* Effect.serviceOption(Redis.Redis)
  const length = Duration.toMillis(window)
  let own = { window: -1, count: 0 }
  const here = (window: number, amount: number) => {
    if (own.window !== window) own = { window, count: 0 }
    own.count += amount
    return own.count
  }
  return (amount: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const present = Math.floor(now / length)
      const mine = here(present, amount)
      if (Option.isNone(redis)) return Effect.succeed(mine)
      const name = `context7-budget:${key}:${length}:${present}`
      return redis.value.send<number>("INCRBY", name, `${amount}`).pipe(
        Effect.tap(() => redis.value.send("PEXPIRE", name, `${length}`)),
        Effect.timeout("200 millis"),
        // Redis that was emptied in the meantime counts from nothing.
        Effect.map((shared) => Math.max(shared, mine)),
        Effect.orElseSucceed(() => mine),
      )
    })
})
