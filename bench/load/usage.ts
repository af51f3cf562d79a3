/** What a process uses, from Linux' /proc, and whether its memory grows. */
import { readFileSync } from "node:fs"

export interface Sample {
  /** Seconds. */
  readonly at: number
  /** Seconds of processor time so far. */
  readonly cpu: number
  /** Megabytes that are resident. */
  readonly memory: number
}

/** The kernel's ticks a second, the same on every Linux that Node runs on. */
const ticks = 100

const sampleOf = (pid: number): Sample => {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number)
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0
  return { at: performance.now() / 1000, cpu: (user + system) / ticks, memory: Number(resident) / 1024 }
}

/** Samples a process until it is told to end. */
export const watch = (pid: number, every: number) => {
  const samples = [sampleOf(pid)]
  const timer = setInterval(() => samples.push(sampleOf(pid)), every * 1000)
  return () => {
    clearInterval(timer)
    samples.push(sampleOf(pid))
    return samples
  }
}

/** Processor time a second between the first sample and the last: 1 for a whole core. */
export const coresOf = (samples: ReadonlyArray<Sample>): number => {
  const [first, last] = [samples[0], samples.at(-1)]
  return first && last && last.at > first.at ? (last.cpu - first.cpu) / (last.at - first.at) : 0
}

const blocks = 12
/** Of Student's t for 97.5 % and two degrees of freedom less than there are blocks. */
const t = 2.228

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Least squares through the means of twelve blocks, which lie further apart than collections of garbage: megabytes a
 * minute, and half of the interval that holds the true slope in 95 of 100 runs.
 */
export const slopeOf = (samples: ReadonlyArray<Sample>): { readonly slope: number; readonly noise: number } => {
  const size = Math.max(1, Math.floor(samples.length / blocks))
  const points = Array.from({ length: blocks }, (_, n) => samples.slice(n * size, (n + 1) * size))
    .filter((block) => block.length > 0)
    .map((block) => ({ x: mean(block.map(({ at }) => at)) / 60, y: mean(block.map(({ memory }) => memory)) }))
  if (points.length < 3) return { slope: 0, noise: 0 }
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))]
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
  const slope = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread
  const left = points.reduce((sum, point) => sum + (point.y - y - slope * (point.x - x)) ** 2, 0)
  return { slope, noise: t * Math.sqrt(left / (points.length - 2) / spread) }
}
