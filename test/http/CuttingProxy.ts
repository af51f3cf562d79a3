/** A network that breaks: passes bytes on to a service, cuts connections in the middle of its answers, or is down. */
import { Effect } from "effect"
import { once } from "node:events"
import { connect, createServer, type Server, type Socket } from "node:net"
import type { AddressInfo } from "node:net"

export interface CuttingProxy {
  readonly url: string
  /** Connections that it cut so far. */
  readonly cuts: () => number
  /** Ends all connections and refuses new ones until it is up again. */
  readonly down: () => void
  readonly up: () => Promise<unknown>
}

interface Breaking {
  /** How much of its answer passes: so many bytes, or as far as what this finds. */
  readonly after: number | RegExp
  /** Connections to cut; those that come then are left alone. */
  readonly cuts: number
}

const placeIn = (answer: Buffer, after: number | RegExp): number => {
  if (typeof after === "number") return after
  const found = after.exec(answer.toString("latin1"))
  return found ? found.index + found[0].length : Number.POSITIVE_INFINITY
}

export const cuttingProxy = (upstream: string, { after, cuts }: Breaking) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    let done = 0
    const server = yield* Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer((client) => {
          const target = connect(Number(new URL(upstream).port), "127.0.0.1")
          const end = () => [client, target].forEach((socket) => socket.destroy())
          let answer = Buffer.alloc(0)
          for (const socket of [client, target]) {
            sockets.add(socket)
            socket.on("error", end).on("close", end)
          }
          client.pipe(target)
          target.on("data", (chunk) => {
            const passed = answer.byteLength
            answer = Buffer.concat([answer, chunk])
            const place = placeIn(answer, after)
            if (done >= cuts || answer.byteLength < place) return client.write(chunk)
            done += 1
            target.removeAllListeners("data")
            client.end(chunk.subarray(0, place - passed), end)
          })
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      () => Effect.sync(() => down()),
    )
    const down = () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}`,
      cuts: () => done,
      down,
      up: () => once(server.listen(port, "127.0.0.1"), "listening"),
    } satisfies CuttingProxy
  })
