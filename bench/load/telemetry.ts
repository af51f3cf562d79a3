/** What telemetry costs: the same turns with an exporter that sends everything to a server that swallows it, and without. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { mixed } from "../callers.ts"
import { median } from "../figures.ts"
import { saturate } from "../stream/load.ts"
import type { Results } from "./kpis.ts"
import { listening } from "./listening.ts"
import { type Service, service } from "./service.ts"

const readers = 32
const rounds = 9

/** A service that tells everything, and how many bytes that were so far. */
export const telling = (env: Record<string, string>) =>
  Effect.gen(function* () {
    let bytes = 0
    const collector = yield* listening(
      createServer((request, response) => {
        request.on("data", (piece: Buffer) => (bytes += piece.length))
        request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
      }),
    )
    return { service: yield* service({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector }), told: () => bytes }
  })

/** One after the other in each round, so that what else the machine does meets both. */
export const telemetry = (
  silent: Service,
  { service: loud, told }: Effect.Success<ReturnType<typeof telling>>,
  seconds: number,
) =>
  Effect.promise(async (): Promise<Results> => {
    const rate = ({ base }: Service) => saturate(base, readers, seconds / 6, mixed)
    const ratios: Array<number> = []
    for (let round = 0; round <= rounds; round++) {
      const [first, second] = round % 2 === 0 ? [silent, loud] : [loud, silent]
      const [one, other] = [await rate(first), await rate(second)]
      if (round > 0) ratios.push(first === loud ? one / other : other / one)
    }
    return {
      telemetry: {
        value: 100 * (1 - median(ratios)),
        note: `${rounds} rounds, ${(told() / 2 ** 20).toFixed(1)} MB sent`,
      },
    }
  })
