/**
 * What the service bears, and whether it meets its objectives: `npm run load`, a quarter of an hour, or `npm run load -- --quick`.
 * Prints one table; what it can be told is in docs/performance.md.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Console, Effect, FileSystem, Option, Path, References } from "effect"
import { StartError } from "../src/platform/StartError.ts"
import { missed, type Results, tableOf } from "./load/kpis.ts"
import { drawDashboard } from "./load/dashboard.ts"
import { alone, distant, efficiency, withModel } from "./load/latency.ts"
import { machine, type Options, type Phase, readOptions } from "./load/options.ts"
import { prometheus } from "./load/prometheus.ts"
import { redisUse } from "./load/redisUse.ts"
import { besideSlowReaders, spike } from "./load/rushes.ts"
import { steps } from "./load/saturation.ts"
import { service } from "./load/service.ts"
import { soak } from "./load/soak.ts"
import { type Stage, stage } from "./load/stage.ts"
import { telemetry, telling } from "./load/telemetry.ts"
import { installed } from "../test/platform/TestRedis.ts"

interface Kept {
  readonly results: Results
}

type Taker = <E, R>(what: string, phase: Effect.Effect<Results, E, R>) => Effect.Effect<void, E, R>

/** The service with everything it can have: Context7, Redis, and a Prometheus that watches when it is to be drawn. */
const whole = (ground: Stage, options: Options, take: Taker, results: Results) =>
  Effect.gen(function* () {
    const runs = (phase: Phase) => options.phases.has(phase)
    const target = yield* service({ ...ground.env, REDIS_URL: ground.redisUrl, CONTEXT7_URL: ground.context7Url })
    const drawn =
      options.dashboard === undefined ? Effect.void : yield* drawnBy(yield* prometheus(target), options.dashboard)
    if (runs("steps")) {
      yield* take("steps to saturation", steps(target, options))
      yield* take("what Redis has to do", redisUse(target, ground, options.measure / 4))
    }
    const half = Math.floor((results.turnRate?.value ?? Infinity) / 2)
    const rate = Math.max(1, Math.min(options.rate, half))
    if (runs("latency")) yield* take("a distant Context7", distant(target, ground, options.measure))
    if (runs("soak") || runs("chaos")) {
      const kind = { perSecond: rate, seconds: options.soak, withChaos: runs("chaos") }
      yield* take(`soak of ${options.soak} s at ${rate} turns/s`, soak(target, ground, kind))
    }
    if (runs("spike")) yield* take("spike", spike(target, rate, options.measure))
    yield* drawn
    return rate
  }).pipe(Effect.scoped)

/** Draws, when it is run, what happened until then. */
const drawnBy = (url: string, file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const seconds = Effect.map(Clock.currentTimeMillis, (now) => now / 1000)
    const began = yield* seconds
    return Effect.gen(function* () {
      const ended = yield* seconds
      yield* fs.writeFileString(file, yield* Effect.promise(() => drawDashboard(url, began, ended)))
    })
  })

const measured = (options: Options) =>
  Effect.gen(function* () {
    const results: Results = {}
    const runs = (phase: Phase) => options.phases.has(phase)
    const take: Taker = (what, phase) =>
      Effect.andThen(
        Console.error(what),
        Effect.map(phase, (found) => void Object.assign(results, found)),
      )

    const ground = yield* stage
    const rate = yield* whole(ground, options, take, results)
    const without = { ...ground.env, CONTEXT7_URL: "off" }
    const others = yield* Effect.all(
      {
        silent: Effect.when(service(without), Effect.succeed(runs("latency") || runs("telemetry"))),
        loud: Effect.when(telling(without), Effect.succeed(runs("telemetry"))),
        beside: Effect.when(withModel(ground), Effect.succeed(runs("latency") || runs("slow-readers"))),
      },
      { concurrency: "unbounded" },
    )
    if (Option.isSome(others.silent)) {
      const silent = others.silent.value
      if (runs("latency")) yield* take("no Context7", alone(silent, rate, options.measure))
      if (Option.isSome(others.loud)) yield* take("telemetry", telemetry(silent, others.loud.value, options.measure))
    }
    if (Option.isSome(others.beside)) {
      const beside = others.beside.value
      if (runs("latency")) yield* take("a model beside it", efficiency(beside, ground, options.measure))
      if (runs("slow-readers")) yield* take("slow readers", besideSlowReaders(beside, options.measure))
    }
    return results
  }).pipe(Effect.scoped)

const main = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const options = yield* Effect.try({
    try: () => readOptions(process.argv.slice(2)),
    catch: (error) => error as StartError,
  })
  if (!installed) return yield* new StartError({ what: "there is no Redis", cure: "apt-get install redis-server" })
  const older = options.compare
  const before = older === undefined ? undefined : (JSON.parse(yield* fs.readFileString(older)) as Kept).results
  const results = yield* measured(options)
  yield* fs.makeDirectory(path.dirname(options.out), { recursive: true })
  const { phases, ...told } = options
  const kept = { machine, options: { ...told, phases: [...phases] }, results }
  yield* fs.writeFileString(options.out, `${JSON.stringify(kept, null, 2)}\n`)
  const { cores, node, processor } = machine
  yield* Console.log(`${cores} cores (${processor}), Node ${node}; ${options.out}\n\n${tableOf(results, before)}`)
  if (missed(results).length > 0) process.exitCode = 1
})

NodeRuntime.runMain(
  main.pipe(
    Effect.tapErrorTag("StartError", (error) => Console.error(`load: ${error.message}`)),
    Effect.provide(NodeServices.layer),
    // What is logged here is that PostgreSQL was killed, which was the purpose.
    Effect.provideService(References.MinimumLogLevel, "Fatal"),
  ),
  { disableErrorReporting: true },
)
