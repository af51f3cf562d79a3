/** Three times as many as usual at once, and readers that hardly read: neither may cost the others anything. */
import { Effect } from "effect"
import { mixed, messageOf } from "../callers.ts"
import { crowd, isRefused, lostOf, p95 } from "./crowd.ts"
import type { Results } from "./kpis.ts"
import { atLength } from "./model.ts"
import { goOn, slowReader } from "./slowReader.ts"
import type { Service } from "./service.ts"

const times = 3
const slowReaders = 5
/** Turns a second of the others beside them. */
const beside = 10

export const spike = ({ base }: Service, perSecond: number, seconds: number) =>
  Effect.promise(async (): Promise<Results> => {
    const high = await crowd(base, { perSecond: times * perSecond, count: Math.round(times * perSecond * seconds) })
    const after = await crowd(base, { perSecond, count: Math.round((perSecond * seconds) / 2) })
    return {
      spikeLost: {
        value: lostOf(high) + lostOf(after),
        note: `${high.length} turns at ${times * perSecond}/s, ${high.filter(isRefused).length} refused, p95 ${p95(high, "whole").toFixed(0)} ms`,
      },
      spikeAfter: { value: p95(after, "whole"), note: `${after.length} turns at ${perSecond}/s` },
    }
  })

export const besideSlowReaders = ({ base }: Service, seconds: number) =>
  Effect.promise(async (): Promise<Results> => {
    const slow = Array.from({ length: slowReaders }, (_, n) => slowReader(base, `${messageOf(n)} ${atLength}`))
    const turns = await crowd(base, { perSecond: beside, count: Math.round(beside * seconds), next: mixed })
    const places = slow.map((reader) => reader.leave())
    const ends = await Promise.all(places.map((place) => goOn(base, place)))
    const taken = places.reduce((sum, { bytes }) => sum + bytes, 0) / slowReaders
    return {
      slowOthers: { value: p95(turns, "firstEvent"), note: `${turns.length} turns, ${lostOf(turns)} lost` },
      slowLost: {
        value: ends.filter((ended) => !ended).length,
        note: `of ${slowReaders}, which took ${(taken / 1024).toFixed(1)} KB each before they went on`,
      },
    }
  })
