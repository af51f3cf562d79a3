/** How the process does: its memory, its share of a core, and how long the event loop and collections kept others waiting. */
import { Effect, Layer, Metric, Schedule } from "effect"
import { constants, monitorEventLoopDelay, type NodeGCPerformanceDetail, PerformanceObserver } from "node:perf_hooks"

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const heap = gauge("process_heap_bytes", "Memory that JavaScript's objects take")
const resident = gauge("process_resident_bytes", "Memory that the process takes")
const cpu = gauge("process_cpu_ratio", "Share of one core that the process took, 1 for a whole one")
const delay = gauge("process_event_loop_delay_milliseconds", "99th percentile of the event loop's delay")
const collecting = Metric.counter("process_gc_milliseconds", {
  description: "Time spent collecting garbage, by kind",
  incremental: true,
})

interface Collection {
  readonly duration: number
  readonly detail: NodeGCPerformanceDetail
}

/** The short collections of young objects, and the longer ones of all. */
const kindOf = (kind: number | undefined) => (kind === constants.NODE_PERFORMANCE_GC_MINOR ? "minor" : "major")

const every = "5 seconds"

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const loop = monitorEventLoopDelay({ resolution: 10 })
    loop.enable()
    yield* Effect.addFinalizer(() => Effect.sync(() => loop.disable()))
    const collected = { minor: 0, major: 0 }
    const collections = new PerformanceObserver((list) => {
      for (const { detail, duration } of list.getEntries() as ReadonlyArray<unknown> as ReadonlyArray<Collection>) {
        collected[kindOf(detail.kind)] += duration
      }
    })
    collections.observe({ entryTypes: ["gc"] })
    yield* Effect.addFinalizer(() => Effect.sync(() => collections.disconnect()))
    let used = process.cpuUsage()
    let at = process.hrtime.bigint()
    yield* Effect.gen(function* () {
      const { heapUsed, rss } = process.memoryUsage()
      const { system, user } = process.cpuUsage(used)
      const now = process.hrtime.bigint()
      yield* Metric.update(heap, heapUsed)
      yield* Metric.update(resident, rss)
      if (now > at) yield* Metric.update(cpu, ((system + user) * 1000) / Number(now - at))
      yield* Metric.update(delay, loop.percentile(99) / 1e6)
      for (const kind of ["minor", "major"] as const) {
        yield* Metric.update(Metric.withAttributes(collecting, { kind }), collected[kind])
        collected[kind] = 0
      }
      used = process.cpuUsage()
      at = now
      loop.reset()
    }).pipe(Effect.repeat(Schedule.spaced(every)), Effect.forkScoped)
  }),
)
