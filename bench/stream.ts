/**
 * How many turns the service streams, against a bare server that writes the same bytes and the same rows:
 * `npm run bench -- stream [TURNS]`, TURNS (6,000) being those over which memory must stay flat.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Redacted } from "effect"
import { availableParallelism } from "node:os"
import { Pool } from "pg"
import { EmbeddedPostgres } from "../src/platform/EmbeddedPostgres.ts"
import { guest, member, messageOf, secret, tokenOf } from "./callers.ts"
import { median, quantile } from "./figures.ts"
import { type Answer, type Asked, atRate, saturate, together } from "./stream/load.ts"
import { record, type Recording } from "./stream/recording.ts"
import { type Server, startBaseline, startService } from "./stream/servers.ts"
import { slowModel } from "./stream/slowModel.ts"

const turns = Number(process.argv[2] ?? 6000)
const readers = 32
const rounds = 3
const seconds = 2
const atOnce = 1000

/** Turns that the baseline repeats. */
const recorded = 40

const callers = { guest, member }

const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`

/** Saturated one after the other in each round, so that what else the machine does meets all of them. */
const throughput = (servers: ReadonlyArray<Server>, next: (n: number) => Asked) =>
  Effect.promise(async () => {
    const measured: Array<ReadonlyArray<number>> = []
    for (let round = 0; round <= rounds; round++) {
      const row: Array<number> = []
      for (const { base } of servers) row.push(await saturate(base, readers, seconds, next))
      if (round > 0) measured.push(row)
    }
    const rates = servers.map((_, n) => median(measured.map((row) => row[n] ?? 0)))
    const ratioTo = (n: number) => median(measured.map((row) => (row[0] ?? 0) / (row[n] ?? 1)))
    return { rates, ratioTo }
  })

const figure = (tail: string, name: string): number => Number(new RegExp(`"${name}":(\\d+)`).exec(tail)?.[1] ?? 0)
const overheadOf = (answers: ReadonlyArray<Answer>) => {
  const sum = (name: string) => answers.reduce((total, { tail }) => total + figure(tail, name), 0)
  return (100 * sum("orchestration_overhead_ms")) / Math.max(1, sum("total_wall_clock_time"))
}

const lostOf = (answers: ReadonlyArray<Answer>) => answers.filter(({ complete }) => !complete).length

const halfRate = (service: Server, name: string, perSecond: number, next: (n: number) => Asked) =>
  Effect.gen(function* () {
    yield* Effect.promise(service.usage)
    const answers = yield* Effect.promise(() => atRate(service.base, perSecond / 2, 5, next))
    const { longestBlock } = yield* Effect.promise(service.usage)
    const first = answers.map(({ firstEvent }) => firstEvent)
    yield* Console.log(
      `| ${name}s | ${Math.round(perSecond / 2)} | ${quantile(first, 0.5).toFixed(1)} ms | ${quantile(first, 0.99).toFixed(1)} ms | ${quantile(
        answers.map(({ whole }) => whole),
        0.99,
      ).toFixed(1)} ms | ${overheadOf(answers).toFixed(1)} % | ${longestBlock.toFixed(0)} ms | ${lostOf(answers)} |`,
    )
  })

/** Guests and members, held open by a model that waits. */
const openAtOnce = (databaseUrl: string, saturated: Record<keyof typeof callers, number>) =>
  Effect.gen(function* () {
    const model = yield* Effect.acquireRelease(Effect.promise(slowModel), (model) => Effect.sync(model.close))
    const service = yield* startService({
      DATABASE_URL: databaseUrl,
      JWT_SECRET: secret,
      ANSWER_MODEL: "openai",
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: model.url,
      ANSWER_FIRST_TOKEN_TIMEOUT: "1 minute",
      ANSWER_IDLE_TIMEOUT: "1 minute",
    })
    for (const name of ["guest", "member"] as const) {
      const whileOpen = async () => {
        for (let waits = 0; model.open() < atOnce; waits++) {
          if (waits === 1500) throw new Error(`only ${model.open()} of ${atOnce} turns are open after 30 seconds`)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        const { longestBlock } = await service.usage()
        const { memory } = await service.usage()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        model.release()
        return { longestBlock, memory }
      }
      const run = () => together(service.base, atOnce, saturated[name] / 2, callers[name], whileOpen)
      yield* Effect.promise(run)
      const before = yield* Effect.promise(service.usage)
      const { answers, seen } = yield* Effect.promise(run)
      const first = answers.map(({ firstEvent }) => firstEvent)
      yield* Console.log(
        `| ${name}s | ${lostOf(answers)} | ${quantile(first, 0.99).toFixed(0)} ms | ${kilobytes((seen.memory - before.memory) / atOnce)} | ${seen.longestBlock.toFixed(0)} ms | ${overheadOf(answers).toFixed(2)} % |`,
      )
    }
  }).pipe(Effect.scoped)

const flat = (service: Server) =>
  Effect.gen(function* () {
    const ask = (count: number) => Effect.promise(() => countOf(service.base, count))
    const memory = Effect.map(Effect.promise(service.usage), (usage) => usage.memory)
    yield* ask(4000)
    const before = yield* memory
    yield* ask(turns / 2)
    const halfway = yield* memory
    yield* ask(turns / 2)
    const after = yield* memory
    const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`
    yield* Console.log(
      `\nmemory that lives before, halfway through and after ${turns} turns, once the logs that are kept for resumes are full: ${[before, halfway, after].map(megabytes).join(", ")}`,
    )
  })

const countOf = async (base: string, count: number) => {
  let left = count
  while (left > 0) left -= Math.round((await saturate(base, readers, 2, guest)) * 2)
}

const main = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const databaseUrl = Redacted.value((yield* EmbeddedPostgres).url)
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new Pool({ connectionString: databaseUrl })),
    (pool) => Effect.promise(() => pool.end()),
  )
  const service = yield* startService({ DATABASE_URL: databaseUrl, DATA_DIR: folder, JWT_SECRET: secret })
  const recordings: Array<Recording> = []
  for (let n = 0; n < recorded; n++) {
    recordings.push(yield* Effect.promise(() => record(service.base, messageOf(n), tokenOf(0), pool)))
  }
  const sizes = recordings.map(({ guest }) => Buffer.byteLength(guest.join("")))
  const events = recordings.map(({ guest }) => guest.length)
  yield* fs.writeFileString(`${folder}/recordings.json`, JSON.stringify(recordings))
  const file = `${folder}/recordings.json`
  const oneByOne = yield* startBaseline(file, databaseUrl, "one by one")
  const burst = yield* startBaseline(file, databaseUrl, "at once")
  yield* Console.log(
    `${availableParallelism()} cores, Node ${process.version}; a guest's turn is ${kilobytes(median(sizes))} in ${median(events)} events\n\n` +
      `| ${readers} readers | the service | bare node:http + pg, event after event | ratio | the same, all at once | ratio | goal |\n|---|---|---|---|---|---|---|`,
  )
  const saturated = { guest: 0, member: 0 }
  for (const [name, goal] of [
    ["guest", 0.35],
    ["member", 0.5],
  ] as const) {
    const { rates, ratioTo } = yield* throughput([service, oneByOne, burst], callers[name])
    saturated[name] = rates[0] ?? 0
    const [ours, bare, bareBurst] = rates.map((rate) => `${rate.toFixed(0)} turns/s`)
    yield* Console.log(
      `| ${name}s | ${ours} | ${bare} | ${ratioTo(1).toFixed(2)} | ${bareBurst} | ${ratioTo(2).toFixed(2)} | ${goal} |`,
    )
  }
  yield* Console.log(
    `\n| half of the saturating rate | turns/s | first event, median | p99 (goal 300 ms) | whole turn, p99 | overhead (goal 5 %) | longest block (goal 50 ms) | lost |\n|---|---|---|---|---|---|---|---|`,
  )
  for (const name of ["guest", "member"] as const) yield* halfRate(service, name, saturated[name], callers[name])
  yield* Console.log(
    `\n| ${atOnce} turns open at once, begun at that rate | lost | first event, p99 (goal 300 ms) | memory a turn (goal 100 KB) | longest block (goal 50 ms) | overhead (goal 5 %) |\n|---|---|---|---|---|---|`,
  )
  yield* openAtOnce(databaseUrl, saturated)
  yield* flat(service)
})

const postgres = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return EmbeddedPostgres.layer(yield* fs.makeTempDirectoryScoped())
  }),
)

NodeRuntime.runMain(main.pipe(Effect.scoped, Effect.provide(postgres.pipe(Layer.provideMerge(NodeServices.layer)))))
