/** Takes away what the service stands on, one after the other, in two ways, and brings it back. */
import { Console, Effect } from "effect"
import type { Pillar } from "./stage.ts"

/** Seconds that something is away at most. */
const longest = 10

const signal = (name: NodeJS.Signals) => (pids: ReadonlyArray<number>) =>
  Effect.sync(() => {
    for (const pid of pids) process.kill(pid, name)
  })

/** It neither answers nor hangs up, as behind a broken switch. */
const silence = ({ name, pids }: Pillar, seconds: number) =>
  Effect.gen(function* () {
    yield* Console.error(`  ${name} is silent for ${seconds.toFixed(1)} s`)
    const stopped = yield* pids
    yield* Effect.acquireUseRelease(
      signal("SIGSTOP")(stopped),
      () => Effect.sleep(seconds * 1000),
      () => signal("SIGCONT")(stopped),
    )
  })

const kill = ({ again, name, pids }: Pillar, seconds: number) =>
  Effect.gen(function* () {
    yield* Console.error(`  ${name} is killed${again === Effect.void ? "" : ` and away for ${seconds.toFixed(1)} s`}`)
    yield* signal("SIGKILL")((yield* pids).slice(0, 1))
    yield* Effect.sleep(seconds * 1000)
    yield* again
  })

/** Each pillar silent once and killed once within that many seconds, away for a fifth of its share of them. */
export const outages = (pillars: ReadonlyArray<Pillar>, within: number) => {
  const each = within / (2 * pillars.length)
  const away = Math.min(longest, each / 5)
  return Effect.forEach(
    [silence, kill].flatMap((how) => pillars.map((pillar) => how(pillar, away))),
    (outage) => Effect.andThen(outage, Effect.sleep((each - away) * 1000)),
    { discard: true },
  )
}
