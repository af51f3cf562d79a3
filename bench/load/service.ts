/** The service as a process of its own, and what its operator asks of it. */
import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { startService } from "../../test/ServiceProcess.ts"

export const operatorToken = randomBytes(16).toString("hex")
const headers = { authorization: `Bearer ${operatorToken}` }

export interface Service {
  readonly base: string
  readonly pid: number
}

export const service = (env: Record<string, string>): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => startService(env)),
    ({ child, exited }) => Effect.promise(() => (child.kill("SIGKILL"), exited)),
  ).pipe(Effect.flatMap(({ child, url }) => Effect.promise(async () => ({ base: await url, pid: child.pid ?? 0 }))))

/** Forgets what Context7 said and what came of it, and waits the second within which that holds. */
export const forget = ({ base }: Service) =>
  Effect.promise(async () => {
    const response = await fetch(`${base}/api/operator/cache`, { method: "DELETE", headers })
    if (!response.ok) throw new Error(`the cache is not forgotten: ${await response.text()}`)
  }).pipe(Effect.andThen(Effect.sleep("1100 millis")))

/** Whole results that were looked up so far, and how many of them were there. */
export const lookups = ({ base }: Service) =>
  Effect.promise(async () => {
    const text = await (await fetch(`${base}/metrics`, { headers })).text()
    const sum = (outcome: string) =>
      [...text.matchAll(/^detail_cache_lookups\{([^}]*)\} (\d+)$/gm)]
        .filter(([, labels = ""]) => labels.includes('cache="page"') && labels.includes(`outcome="${outcome}"`))
        .reduce((total, [, , value]) => total + Number(value), 0)
    return { hits: sum("hit"), misses: sum("miss") }
  })
