/** Steps to saturation: what the plain endpoints give, by autocannon, and how many turns are streamed. */
import { Console, Effect } from "effect"
import autocannon from "autocannon"
import { mixed } from "../callers.ts"
import { goods } from "../goods.ts"
import { saturate } from "../stream/load.ts"
import type { Results } from "./kpis.ts"
import type { Options } from "./options.ts"
import type { Service } from "./service.ts"

const pages = ["8517.13", "4202.31", "0901.21", "8471.30", "6109.10"]

const plain = (base: string, paths: ReadonlyArray<string>, connections: number, seconds: number) =>
  Effect.promise(async () => {
    const { errors, latency, non2xx, requests } = await autocannon({
      url: base,
      connections,
      duration: seconds,
      requests: paths.map((path) => ({ method: "GET", path })),
    })
    return { rate: requests.total / seconds, late: latency.p97_5, failed: errors + non2xx }
  })

type Step = Effect.Success<ReturnType<typeof plain>>

const best = (steps: ReadonlyArray<Step>): Step =>
  steps.reduce((one, other) => (other.rate > one.rate ? other : one), { rate: 0, late: 0, failed: 0 })

/** As many steps as there are numbers of readers; the best of them is what saturates. */
export const steps = ({ base }: Service, options: Options) =>
  Effect.gen(function* () {
    const seconds = options.measure / 4
    const whole = Math.max(1, Math.round(seconds))
    const searches = goods.slice(0, 100).map((name) => `/api/hs/search?q=${encodeURIComponent(name)}`)
    const details = pages.map((code) => `/api/detail/hscode/${code}`)
    const seen = { search: [] as Array<Step>, page: [] as Array<Step>, turns: [] as Array<number> }
    for (const readers of options.steps) {
      seen.search.push(yield* plain(base, searches, readers, whole))
      seen.page.push(yield* plain(base, details, readers, whole))
      seen.turns.push(yield* Effect.promise(() => saturate(base, readers, seconds, mixed)))
      const [search, page, turns] = [seen.search.at(-1), seen.page.at(-1), seen.turns.at(-1)]
      yield* Console.error(
        `  ${readers} readers: ${search?.rate.toFixed(0)} searches, ${page?.rate.toFixed(0)} pages, ${turns?.toFixed(0)} turns a second`,
      )
    }
    const [search, page] = [best(seen.search), best(seen.page)]
    const turns = Math.max(...seen.turns)
    return {
      searchRate: { value: search.rate, note: `97.5 % within ${search.late} ms` },
      pageRate: { value: page.rate, note: `97.5 % within ${page.late} ms` },
      plainErrors: { value: [...seen.search, ...seen.page].reduce((sum, { failed }) => sum + failed, 0) },
      turnRate: { value: turns, note: `${options.steps[seen.turns.indexOf(turns)]} readers` },
    } satisfies Results
  })
