/** Loaded into a server under test (`--import`): says over IPC what it has used since it was last asked. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks"

export interface Usage {
  /** Bytes that live after a collection. */
  readonly memory: number
  /** Milliseconds of the longest block of the event loop. */
  readonly longestBlock: number
  /** 0 to 1. */
  readonly busy: number
}

const resolution = 1
const delays = monitorEventLoopDelay({ resolution })
delays.enable()
let since = performance.eventLoopUtilization()

process.on("message", () => {
  const longestBlock = Math.max(0, delays.max / 1e6 - resolution)
  const busy = performance.eventLoopUtilization(since).utilization
  for (let pass = 0; pass < 2; pass++) globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  process.send?.({ memory: heapUsed + external, longestBlock, busy } satisfies Usage, () => {
    delays.reset()
    since = performance.eventLoopUtilization()
  })
})
process.on("disconnect", () => process.exit())
