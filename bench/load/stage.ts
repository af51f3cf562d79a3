/** What the service stands on in a run: the real PostgreSQL, Redis and Context7 server, each of which can be taken away. */
import { Context, Effect, FileSystem, Layer, Redacted, Ref } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { startContext7 } from "../../test/context7/Context7Server.ts"
import { freePort, startRedis } from "../../test/platform/TestRedis.ts"
import { secret } from "../callers.ts"
import { customs, distantLibrary } from "./distant.ts"
import { operatorToken } from "./service.ts"

interface Process {
  readonly pid: number
}

/** Something that the service needs, as an outage finds it. */
export interface Pillar {
  readonly name: string
  readonly pids: Effect.Effect<ReadonlyArray<number>>
  /** Starts it anew after it was killed. */
  readonly again: Effect.Effect<void>
}

const pillarOf = <E, R>(name: string, first: Process, restart: Effect.Effect<Process, E, R>) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    const current = yield* Ref.make(first)
    return {
      name,
      pids: Effect.map(Ref.get(current), ({ pid }) => [pid]),
      again: restart.pipe(
        Effect.provideContext(context),
        Effect.orDie,
        Effect.flatMap((next) => Ref.set(current, next)),
      ),
    } satisfies Pillar
  })

const redis = Effect.gen(function* () {
  const { child, startAgain, url } = yield* startRedis
  return { url, pillar: yield* pillarOf("Redis", child, startAgain) }
})

const context7 = (backend: string) =>
  Effect.gen(function* () {
    const { child, port } = yield* startContext7(backend, yield* freePort)
    const restart = Effect.map(startContext7(backend, Number(port)), (next) => next.child)
    return { url: `http://127.0.0.1:${port}/mcp`, pillar: yield* pillarOf("Context7", child, restart) }
  })

const childrenOf = (parent: number): ReadonlyArray<number> =>
  readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const [, fields = ""] = readFileSync(`/proc/${name}/stat`, "utf8").split(") ")
      return Number(fields.split(" ")[1]) === parent ? [Number(name)] : []
    } catch {
      return []
    }
  })

const postgres = (folder: string) =>
  Effect.gen(function* () {
    const built = yield* Layer.build(EmbeddedPostgres.layer(folder))
    const first = Effect.sync(() => Number(readFileSync(`${folder}/postgres/postmaster.pid`, "utf8").split("\n")[0]))
    const pillar: Pillar = {
      name: "PostgreSQL",
      pids: Effect.map(first, (pid) => [pid, ...childrenOf(pid)]),
      // Whoever embeds it starts it again by itself.
      again: Effect.void,
    }
    return { url: Redacted.value(Context.get(built, EmbeddedPostgres).url), pillar }
  })

export const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const library = yield* distantLibrary
  const started = yield* Effect.all(
    { postgres: postgres(folder), redis, context7: context7(library.url) },
    { concurrency: "unbounded" },
  )
  return {
    library,
    folder,
    databaseUrl: started.postgres.url,
    redisUrl: started.redis.url,
    context7Url: started.context7.url,
    pillars: [started.context7.pillar, started.redis.pillar, started.postgres.pillar],
    env: {
      DATABASE_URL: started.postgres.url,
      DATA_DIR: folder,
      JWT_SECRET: secret,
      OPERATOR_TOKEN: operatorToken,
      CONTEXT7_LIBRARIES: customs,
      RATE_LIMIT_GUEST: "off",
      RATE_LIMIT_MEMBER: "off",
    },
  }
})

export type Stage = Effect.Success<typeof stage>
