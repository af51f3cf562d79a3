/** How long turns take with a distant Context7, without one, and beside a model that takes its time. */
import { Effect } from "effect"
import { goods } from "../goods.ts"
import { crowd, distinct, lostOf, p95 } from "./crowd.ts"
import type { Results } from "./kpis.ts"
import { distantModel } from "./model.ts"
import { forget, type Service, service } from "./service.ts"
import type { Stage } from "./stage.ts"

/** Milliseconds. */
const far = 1500

/** Distinct goods a second that Context7's sixteen places at that distance serve. */
const farRate = 8

/** First questions that nobody has asked, then the same by everybody. */
export const distant = (main: Service, { library }: Stage, seconds: number) =>
  Effect.gen(function* () {
    yield* library.answersAfter(far)
    yield* forget(main)
    const count = Math.min(goods.length, Math.round(farRate * seconds))
    const first = yield* Effect.promise(() => crowd(main.base, { perSecond: farRate, count, next: distinct }))
    const again = yield* Effect.promise(() =>
      crowd(main.base, { perSecond: 50, count: Math.round(50 * seconds), next: (n) => distinct(n % count) }),
    )
    const [uncached, cached] = [first.filter((turn) => !turn.cacheHit), again.filter((turn) => turn.cacheHit)]
    return {
      turnFar: { value: p95(uncached, "whole"), note: `${uncached.length} turns, ${lostOf(first)} lost` },
      buttonCached: { value: p95(cached, "firstButton"), note: `${cached.length} turns, ${lostOf(again)} lost` },
    } satisfies Results
  })

export const alone = ({ base }: Service, rate: number, seconds: number) =>
  Effect.promise(async (): Promise<Results> => {
    await crowd(base, { perSecond: rate / 2, count: rate / 2 })
    const count = Math.min(goods.length, Math.round(rate * seconds))
    const first = await crowd(base, { perSecond: rate, count, next: distinct })
    const all = await crowd(base, { perSecond: rate, count: Math.round(rate * seconds) })
    return {
      buttonUncached: { value: p95(first, "firstButton"), note: `${count} goods, ${lostOf(first)} lost` },
      turnOff: { value: p95(all, "whole"), note: `${all.length} turns at ${rate}/s, ${lostOf(all)} lost` },
    }
  })

/** A service whose answers come from the model and whose evidence comes from the distant Context7. */
export const withModel = ({ context7Url, env }: Stage) =>
  Effect.gen(function* () {
    const model = yield* distantModel
    return yield* service({
      ...env,
      CONTEXT7_URL: context7Url,
      ANSWER_MODEL: "openai",
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: `${model}/v1`,
    })
  })

export const efficiency = ({ base }: Service, { library }: Stage, seconds: number) =>
  Effect.gen(function* () {
    yield* library.answersAfter(far)
    const count = Math.min(goods.length, Math.round(farRate * seconds))
    const turns = yield* Effect.promise(() => crowd(base, { perSecond: farRate, count, next: distinct }))
    const told = turns.filter(({ cacheHit, way }) => !cacheHit && way !== "stop").map((turn) => turn.efficiency)
    const mean = told.reduce((sum, value) => sum + value, 0) / Math.max(1, told.length)
    return { efficiency: { value: 100 * mean, note: `${told.length} turns` } } satisfies Results
  })
