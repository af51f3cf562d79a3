/** Hours in minutes: turns at a steady rate, with outages in the first half and a closer look at the second. */
import { Effect } from "effect"
import { crowd, isRefused, lossesOf, p95, share } from "./crowd.ts"
import { outages } from "./chaos.ts"
import type { Results } from "./kpis.ts"
import type { Turn } from "./reader.ts"
import { wrongRecords } from "./records.ts"
import { forget, lookups, type Service } from "./service.ts"
import type { Stage } from "./stage.ts"
import { coresOf, slopeOf, watch } from "./usage.ts"

/** Milliseconds that Context7 takes here. */
const near = 200
const cores = 2
/** Turns a second for which the objective of the processor is. */
const judgedAt = 100

interface Soak {
  readonly perSecond: number
  readonly seconds: number
  readonly withChaos: boolean
}

const streams = (turns: ReadonlyArray<Turn>): Results => {
  const open = turns.filter(({ status }) => status === 200)
  const ill = turns.filter(({ answered, errors }) => errors.length > 0 || !answered)
  const [answered, ended] = [turns.filter((turn) => turn.answered), open.filter((turn) => turn.ended)]
  return {
    availability: {
      value: share(answered.length, turns.length),
      note: `${turns.length} turns, ${turns.filter(isRefused).length} refused, lost: ${lossesOf(turns)}`,
    },
    stability: {
      value: share(ended.length, open.length),
      note: `${turns.filter(({ way }) => way === "cut").length} left and came back`,
    },
    recovery: {
      value: share(ill.filter((turn) => turn.answered).length, ill.length),
      note: `${ill.length} turns in which something failed`,
    },
  }
}

const reachedIn = (turns: ReadonlyArray<Turn>): string => {
  const unsaved = turns.filter(({ errors }) => errors.includes("RECORD_NOT_SAVED")).length
  const saved = turns.filter((turn) => turn.saved !== null).length
  return `${saved} were told to be saved, ${unsaved} not to be`
}

export const soak = (
  main: Service,
  { databaseUrl, library, pillars }: Stage,
  { perSecond, seconds, withChaos }: Soak,
) =>
  Effect.gen(function* () {
    yield* library.answersAfter(near)
    yield* forget(main)
    const before = yield* lookups(main)
    const stop = watch(main.pid, Math.min(1, seconds / 40))
    const count = Math.round(perSecond * seconds)
    const [turns] = yield* Effect.all(
      [
        Effect.promise(() => crowd(main.base, { perSecond, count })),
        withChaos ? outages(pillars, seconds / 2) : Effect.void,
      ],
      { concurrency: "unbounded" },
    )
    const samples = stop()
    const after = yield* lookups(main)
    const halfway = (samples[0]?.at ?? 0) + seconds / 2
    const calm = samples.filter(({ at }) => at >= halfway && at <= halfway + seconds / 2)
    const busy = coresOf(calm)
    const { noise, slope } = slopeOf(calm)
    const hits = after.hits - before.hits
    const asked = hits + after.misses - before.misses
    return {
      ...streams(turns),
      recordsWrong: { value: yield* wrongRecords(databaseUrl, turns), note: reachedIn(turns) },
      hitRate: { value: share(hits, asked), note: `${asked} lookups` },
      cpu: {
        value: ((100 * busy) / cores) * (judgedAt / perSecond),
        note: `${(100 * busy).toFixed(0)} % of one core at ${perSecond}/s, whole turn p95 ${p95(turns.slice(count / 2), "whole").toFixed(0)} ms`,
      },
      memory: {
        value: Math.max(0, slope - noise),
        note: `${slope.toFixed(2)} ± ${noise.toFixed(2)}, ${calm.at(-1)?.memory.toFixed(0) ?? "?"} MB in the end`,
      },
    } satisfies Results
  })
