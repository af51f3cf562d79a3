import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { type CryptoKey, exportSPKI, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { request as nodeRequest } from "node:http"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { ask, bearer, edge, request, secret, tokenFor } from "./Edge.ts"
import { keyServer, type Signer, signer } from "./KeyServer.ts"
import { baseUrl } from "./TestService.ts"

const claims = (more: JWTPayload = {}): JWTPayload => ({ sub: "alice", iss: "us", aud: "chat", exp: 3600, ...more })

const without = (...names: ReadonlyArray<string>): JWTPayload =>
  Object.fromEntries(Object.entries(claims()).filter(([name]) => !names.includes(name)))

const inAnHour = Effect.map(Clock.currentTimeMillis, (now) => Math.floor(now / 1000) + 3600)

/** What a member alone may read. */
const history = (headers: Record<string, string>, query = "") => request(`/api/chat/history${query}`, { headers })

const problemOf = (response: Response) =>
  Effect.promise(() => response.json() as Promise<{ readonly code: string; readonly detail: string }>)

/** Refused as everything else about tokens is: the same code and words, whatever is wrong. */
const assertRefused = Effect.fnUntraced(function* (response: Response, challenge = 'Bearer error="invalid_token"') {
  assert.strictEqual(response.status, 401)
  assert.strictEqual(response.headers.get("www-authenticate"), challenge)
  assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
  assert.deepInclude(yield* problemOf(response), { code: "AUTH_003", detail: "A valid bearer token is required." })
})

class KeyServer extends Context.Service<
  KeyServer,
  Effect.Success<typeof keyServer> & { readonly signers: Record<"RS256" | "ES256" | "EdDSA" | "unpublished", Signer> }
>()("test/KeyServer") {
  static readonly layer = Layer.effect(
    KeyServer,
    Effect.gen(function* () {
      const server = yield* keyServer
      const signers = yield* Effect.all({
        RS256: signer("RS256", "rsa"),
        ES256: signer("ES256", "ec"),
        EdDSA: signer("EdDSA", "ed"),
        unpublished: signer("ES256", "unpublished"),
      })
      yield* server.publish(signers.RS256, signers.ES256, signers.EdDSA)
      return { ...server, signers }
    }),
  )
}

const withKeySet = Layer.unwrap(
  Effect.map(KeyServer, ({ url }) => edge({ JWT_JWKS_URL: url, JWT_ISSUER: "us", JWT_AUDIENCE: "chat" })),
).pipe(Layer.provideMerge(KeyServer.layer), Layer.provideMerge(harmonizedSystem))

layer(withKeySet)("with a key set", (it) => {
  it.effect.each(["RS256", "ES256", "EdDSA"] as const)("a token signed with %s makes a member", (algorithm) =>
    Effect.gen(function* () {
      const { signers } = yield* KeyServer
      const token = yield* signers[algorithm].sign(claims())
      assert.strictEqual((yield* history(bearer(token))).status, 200)
      assert.include((yield* ask(bearer(token))).text, '"userType":"MEMBER"')
    }),
  )

  const forged: ReadonlyArray<[string, (signers: KeyServer["Service"]["signers"]) => Effect.Effect<string>]> = [
    ["signed by nobody", () => Effect.sync(() => new UnsecuredJWT(claims()).encode())],
    [
      "signed with the public key as if it were a secret",
      ({ RS256 }) =>
        Effect.promise(async () => {
          const pem = await exportSPKI((await importJWK({ ...RS256.publicJwk, ext: true }, "RS256")) as CryptoKey)
          return new SignJWT(claims())
            .setProtectedHeader({ alg: "HS256", kid: "rsa" })
            .sign(new TextEncoder().encode(pem))
        }),
    ],
    [
      "that brings its own key",
      ({ unpublished }) => unpublished.sign(claims(), { kid: "ec", jwk: unpublished.publicJwk }),
    ],
    ["whose key nobody published", ({ unpublished }) => unpublished.sign(claims())],
    ["with another's key id", ({ unpublished }) => unpublished.sign(claims(), { kid: "ec" })],
    ["that has expired", ({ ES256 }) => ES256.sign(claims({ exp: -6 }))],
    ["that never expires", ({ ES256 }) => ES256.sign(without("exp"))],
    ["that is not valid yet", ({ ES256 }) => ES256.sign(claims({ nbf: 60 }))],
    ["without a subject", ({ ES256 }) => ES256.sign(without("sub"))],
    ["with an empty subject", ({ ES256 }) => ES256.sign(claims({ sub: "" }))],
    ["with a subject that cannot be stored", ({ ES256 }) => ES256.sign(claims({ sub: "a\u0000b" }))],
    ["of another issuer", ({ ES256 }) => ES256.sign(claims({ iss: "them" }))],
    ["without an issuer", ({ ES256 }) => ES256.sign(without("iss"))],
    ["for another audience", ({ ES256 }) => ES256.sign(claims({ aud: ["shop", "bank"] }))],
    ["without an audience", ({ ES256 }) => ES256.sign(without("aud"))],
    ["larger than 8 KiB", ({ ES256 }) => ES256.sign(claims({ padding: "x".repeat(6200) }))],
    [
      "whose claims were changed",
      ({ ES256 }) =>
        Effect.map(ES256.sign(claims()), (token) => {
          const [header, , signature] = token.split(".")
          return [header, Buffer.from(JSON.stringify(claims({ sub: "bob" }))).toString("base64url"), signature].join(
            ".",
          )
        }),
    ],
    ["that is none", () => Effect.succeed("not.a.token")],
  ]
  it.effect.each(forged)("a token %s is refused", ([, make]) =>
    Effect.gen(function* () {
      const { signers } = yield* KeyServer
      const token = yield* make(signers)
      yield* assertRefused(yield* history(bearer(token)))
      assert.strictEqual((yield* ask(bearer(token))).status, 401)
    }),
  )

  it.effect("a token of almost 8 KiB is none too many", () =>
    Effect.gen(function* () {
      const { signers } = yield* KeyServer
      const token = yield* signers.ES256.sign(claims({ padding: "x".repeat(5700) }))
      assert.strictEqual((yield* history(bearer(token))).status, 200)
    }),
  )

  it.effect("the audience may be one of several", () =>
    Effect.gen(function* () {
      const { signers } = yield* KeyServer
      const token = yield* signers.ES256.sign(claims({ aud: ["shop", "chat"] }))
      assert.strictEqual((yield* history(bearer(token))).status, 200)
    }),
  )
})

layer(harmonizedSystem)("identity", (it) => {
  it.effect("with a secret, no token of another algorithm is taken, however it is signed", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* history(bearer(yield* tokenFor("alice")))).status, 200)
      const bytes = new TextEncoder().encode(secret)
      const longer = yield* Effect.promise(() =>
        new SignJWT(claims()).setProtectedHeader({ alg: "HS512" }).sign(new Uint8Array([...bytes, ...bytes])),
      )
      const rsa = yield* Effect.flatMap(signer("RS256", "rsa"), ({ sign }) => sign(claims()))
      for (const token of [longer, rsa, new UnsecuredJWT(claims()).encode()]) {
        yield* assertRefused(yield* history(bearer(token)))
      }
    }).pipe(Effect.provide(edge())),
  )

  it.effect("clocks may differ by five seconds", () =>
    Effect.gen(function* () {
      const token = yield* tokenFor("alice")
      const { exp } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { readonly exp: number }
      yield* TestClock.setTime((exp + 4) * 1000)
      assert.strictEqual((yield* history(bearer(token))).status, 200)
      yield* TestClock.setTime((exp + 5) * 1000)
      yield* assertRefused(yield* history(bearer(token)))
    }).pipe(Effect.provide(edge())),
  )

  it.effect("whoever sends nothing is told what is wanted, and no more", () =>
    Effect.gen(function* () {
      yield* assertRefused(yield* history({}), "Bearer")
    }).pipe(Effect.provide(edge())),
  )

  it.effect.each(["Basic YWxpY2U6c2VjcmV0", "Bearer", "Bearer ", "", "Token abc", "Bearer a, Bearer b"])(
    "the header `%s` is refused",
    (authorization) =>
      Effect.gen(function* () {
        yield* assertRefused(yield* history({ authorization }))
      }).pipe(Effect.provide(edge())),
  )

  it.effect("two Authorization headers are refused, even when both are good", () =>
    Effect.gen(function* () {
      const header = `Bearer ${yield* tokenFor("alice")}`
      const base = yield* baseUrl
      const statusOf = (sent: ReadonlyArray<string>) =>
        Effect.callback<number | undefined>((resume) => {
          const headers = ["host", "localhost", ...sent.flatMap((value) => ["authorization", value])]
          nodeRequest(`${base}/api/chat/history`, { headers }, (response) => {
            response.resume()
            resume(Effect.succeed(response.statusCode))
          }).end()
        })
      assert.strictEqual(yield* statusOf([header]), 200)
      assert.strictEqual(yield* statusOf([header, header]), 401)
      assert.strictEqual(yield* statusOf([header, "Basic abc"]), 401)
    }).pipe(Effect.provide(edge())),
  )

  it.effect.each([
    "/api/chat/history?access_token=TOKEN",
    "/api/chat/history?page=1&token=TOKEN",
    "/api/chat/history?Access_Token=TOKEN",
    "/api/chat/history?%74oken=TOKEN",
    "/api/chat/history;token=TOKEN",
    "/api/hs/search?q=leather&token=TOKEN",
    "/api/hs/search?q=leather&token=",
  ])("a token in the address is refused, even beside a good one: %s", (address) =>
    Effect.gen(function* () {
      const token = yield* tokenFor("alice")
      const headers = bearer(token)
      yield* assertRefused(yield* request(address.replace("TOKEN", token), { headers }))
    }).pipe(Effect.provide(edge())),
  )

  it.effect("while the key server is silent, its members are asked to come back and everybody else is served", () =>
    Effect.gen(function* () {
      const server = yield* keyServer
      const member = yield* signer("ES256", "one")
      const token = yield* member.sign({ sub: "alice", exp: yield* inAnHour })
      yield* Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(history(bearer(token)))
        yield* server.arrival
        assert.strictEqual((yield* ask()).status, 200)
        assert.strictEqual((yield* request("/health/live")).status, 200)
        yield* assertRefused(yield* history(bearer(new UnsecuredJWT(claims()).encode())))
        yield* TestClock.adjust("3 seconds")
        const refused = yield* Fiber.join(waiting)
        assert.strictEqual(refused.status, 503)
        assert.strictEqual(refused.headers.get("retry-after"), "5")
        assert.isNull(refused.headers.get("www-authenticate"))
        assert.strictEqual((yield* problemOf(refused)).code, "HTTP_503")
        yield* server.publish(member)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* history(bearer(token))).status, 200)
      }).pipe(Effect.provide(edge({ JWT_JWKS_URL: server.url })))
    }),
  )

  it.effect("nothing that is logged holds a token or a query", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const kept = Logger.layer([
        Logger.map(Logger.formatJson, (line) => {
          lines.push(line)
        }),
      ])
      const server = yield* keyServer
      yield* server.turn("failing")
      const member = yield* signer("ES256", "one")
      const token = yield* member.sign({ sub: "alice", exp: yield* inAnHour })
      yield* Effect.gen(function* () {
        yield* history(bearer(token))
        yield* request(`/api/hs/search?q=secretgoods&token=${token}`)
        yield* request(`/nowhere?q=secretgoods&token=${token}`)
      }).pipe(Effect.provide(edge({ JWT_JWKS_URL: server.url }).pipe(Layer.provide(kept))))
      assert.include(lines.join("\n"), "the key set cannot be fetched")
      assert.notInclude(lines.join("\n"), token)
      assert.notInclude(lines.join("\n"), "secretgoods")
    }),
  )

  it.effect("a service that has no keys of its own issues no tokens", () =>
    Effect.gen(function* () {
      const server = yield* keyServer
      const failure = yield* Effect.flip(tokenFor("alice")).pipe(Effect.provide(edge({ JWT_JWKS_URL: server.url })))
      assert.include(failure.message, "JWT_JWKS_URL")
    }),
  )
})
