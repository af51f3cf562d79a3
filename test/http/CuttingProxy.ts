/** A network that breaks: passes bytes on to a service, and cuts each connection after so many bytes of its answer. */
import { Effect } from "effect"
import { connect, createServer, type Server, type Socket } from "node:net"
import type { AddressInfo } from "node:net"

export interface CuttingProxy {
  readonly url: string
  /** Connections that it cut so far. */
  readonly cuts: () => number
}

/** `cuts` connections are cut, each after `bytes` bytes of its answer; those that come then are left alone. */
export const cuttingProxy = (upstream: string, { bytes, cuts }: { readonly bytes: number; readonly cuts: number }) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    let done = 0
    const server = yield* Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer((client) => {
          const target = connect(Number(new URL(upstream).port), "127.0.0.1")
          const end = () => [client, target].forEach((socket) => socket.destroy())
          let passed = 0
          for (const socket of [client, target]) {
            sockets.add(socket)
            socket.on("error", end).on("close", end)
          }
          client.pipe(target)
          target.on("data", (chunk) => {
            const rest = bytes - passed
            passed += chunk.byteLength
            if (done >= cuts || passed < bytes) return client.write(chunk)
            done += 1
            client.end(chunk.subarray(0, rest), end)
          })
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }),
    )
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      cuts: () => done,
    } satisfies CuttingProxy
  })
