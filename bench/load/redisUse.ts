/** What a turn costs Redis: commands, and memory until the turn is no longer readable. */
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mixed } from "../callers.ts"
import { atRate } from "../stream/load.ts"
import type { Results } from "./kpis.ts"
import type { Service } from "./service.ts"
import type { Stage } from "./stage.ts"

const perSecond = 50

const told = (url: string) => {
  const info = spawnSync("redis-cli", ["-u", url, "info"], { encoding: "utf8" }).stdout
  const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1])
  return { commands: figure("total_commands_processed"), bytes: figure("used_memory") }
}

export const redisUse = ({ base }: Service, { redisUrl }: Stage, seconds: number) =>
  Effect.promise(async (): Promise<Results> => {
    const before = told(redisUrl)
    const { length } = await atRate(base, perSecond, seconds, mixed)
    const after = told(redisUrl)
    return {
      redisCommands: {
        value: (after.commands - before.commands) / length,
        note: `${((after.bytes - before.bytes) / length / 1000).toFixed(1)} KB kept`,
      },
    }
  })
