/** A key server of a test's own, which can be told to fail or to fall silent, and keys to sign with. */
import { Deferred, Effect, Queue } from "effect"
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Signer {
  readonly publicJwk: JWK
  readonly sign: (claims: JWTPayload, header?: Record<string, unknown>) => Effect.Effect<string>
}

/** A key pair; tokens name its `kid` unless they are told otherwise. */
export const signer = (alg: "RS256" | "ES256" | "EdDSA", kid: string) =>
  Effect.promise(async (): Promise<Signer> => {
    const { publicKey, privateKey } = await generateKeyPair(alg)
    return {
      publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
      sign: (claims, header = {}) =>
        Effect.promise(() => new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey)),
    }
  })

type Reply = (response: ServerResponse) => void

const reply = {
  silent: () => {},
  failing: (response) => void response.writeHead(500).end("out of order"),
  page: (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>"),
  elsewhere: (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/keys" }).end(),
} satisfies Record<string, Reply>

export const keyServer = Effect.gen(function* () {
  const arrivals = yield* Queue.unbounded<void>()
  const state = { answer: reply.silent as Reply, asked: 0, waiting: new Set<ServerResponse>() }
  const gone = yield* Deferred.make<void>()
  const server = createServer((_, response) => {
    state.asked++
    state.waiting.add(response)
    response.on("close", () => {
      state.waiting.delete(response)
      if (!response.writableEnded) Deferred.doneUnsafe(gone, Effect.void)
    })
    Queue.offerUnsafe(arrivals, undefined)
    state.answer(response)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      }),
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    /** How many fetches there were. */
    asked: Effect.sync(() => state.asked),
    /** Waits for the next fetch. */
    arrival: Queue.take(arrivals),
    /** A fetch was given up by whoever made it. */
    givenUp: Deferred.await(gone),
    /** From now on, and to whoever waits. */
    publish: (...signers: ReadonlyArray<Signer>) =>
      Effect.sync(() => {
        const keys = JSON.stringify({ keys: signers.map(({ publicJwk }) => publicJwk) })
        state.answer = (response) => void response.writeHead(200, { "content-type": "application/json" }).end(keys)
        for (const response of state.waiting) state.answer(response)
      }),
    /** From now on. */
    turn: (to: keyof typeof reply) => Effect.sync(() => void (state.answer = reply[to])),
  }
})
