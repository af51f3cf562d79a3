import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, FileSystem, Layer, Option } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { context7Config } from "../../src/context7/Context7Config.ts"
import { Context7 } from "../../src/context7/Context7.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import * as Database from "../../src/platform/Database.ts"
import { wrongVariable } from "../../src/platform/StartError.ts"

const env = (variables: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables))

it.live("the embedded database starts, migrates and keeps what it has", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const DATA_DIR = yield* fs.makeTempDirectoryScoped()
    const run = <A>(body: Effect.Effect<A, unknown, PgClient.PgClient>) =>
      Effect.scoped(Effect.provide(body, Database.layer.pipe(Layer.provide(env({ DATA_DIR, DATABASE_POOL_MAX: "2" })))))
    yield* run(
      Effect.flatMap(
        PgClient.PgClient,
        (sql) => sql`INSERT INTO chat_sessions (session_uuid, user_id) VALUES (gen_random_uuid(), 'alice')`,
      ),
    )
    const rows = yield* run(Effect.flatMap(PgClient.PgClient, (sql) => sql`SELECT user_id FROM chat_sessions`))
    assert.deepStrictEqual(rows, [{ user_id: "alice" }])
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
)

it.live("a database that cannot be reached is refused with its address and no password", () =>
  Effect.gen(function* () {
    const failed = yield* Effect.flip(
      Effect.scoped(
        Layer.build(Database.layer.pipe(Layer.provide(env({ DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/x" })))),
      ),
    )
    assert.include(String(failed), "postgres://u@127.0.0.1:1/x")
    assert.notInclude(String(failed), "hunter2")
  }),
)

it.effect("a wrong variable is named with what it was given, a secret without", () =>
  Effect.gen(function* () {
    const refused = (config: Config.Config<unknown>, variables: Record<string, string>) =>
      Effect.gen(function* () {
        Object.assign(process.env, variables)
        const error = yield* Effect.flip(
          Effect.provide(
            Effect.gen(function* () {
              return yield* config
            }),
            env(variables),
          ),
        )
        const { message } = wrongVariable(error)
        for (const name of Object.keys(variables)) delete process.env[name]
        return message
      })
    assert.match(
      yield* refused(Config.Int("SOME_COUNT"), { SOME_COUNT: "many" }),
      /^SOME_COUNT="many" cannot be used: /,
    )
    for (const name of ["SOME_KEY", "SOME_TOKEN", "SOME_SECRET"]) {
      assert.notInclude(yield* refused(Config.Int(name), { [name]: "hunter2" }), "=")
    }
    assert.include(
      yield* refused(Config.Int("SOME_URL"), { SOME_URL: "https://me:hunter2@id.example" }),
      'SOME_URL="https://***@id.example" cannot be used',
    )
    assert.match(yield* refused(Config.Int("MISSING"), {}), /MISSING cannot be used/)
  }),
)

it.effect("Context7 is configured by address, key, libraries and time, or switched off", () =>
  Effect.gen(function* () {
    const read = (variables: Record<string, string>) =>
      Effect.provide(
        Effect.gen(function* () {
          return yield* context7Config
        }),
        env(variables),
      )
    assert.isTrue(Option.isNone(yield* read({ CONTEXT7_URL: "off" })))
    const some = Option.getOrThrow(
      yield* read({ CONTEXT7_LIBRARIES: "/a/b, /c/d,", CONTEXT7_API_KEY: "k", CONTEXT7_TIMEOUT: "1 second" }),
    )
    assert.deepStrictEqual(some.libraries, ["/a/b", "/c/d"])
    assert.strictEqual(some.url, "https://mcp.context7.com/mcp")
    assert.isNull(Option.getOrThrow(yield* read({ CONTEXT7_URL: "http://localhost:1" })).apiKey)
    const off = yield* Effect.provide(
      Context7,
      Context7.layer.pipe(Layer.provide([env({ CONTEXT7_URL: "off" }), CircuitBreaker.layerStoreMemory()])),
    )
    assert.isFalse(off.enabled)
    assert.strictEqual((yield* Effect.flip(off.getLibraryDocs("/x", "y")))._tag, "LibraryNotFound")
    assert.strictEqual((yield* Effect.flip(off.resolveLibraryId("x", "y")))._tag, "LibraryNotFound")
  }),
)

it.effect("a token is good only for its secret, issuer and audience", () =>
  Effect.gen(function* () {
    const secret = { JWT_SECRET: "0123456789abcdef0123456789abcdef" }
    const tokens = (variables: Record<string, string>) =>
      Effect.provide(Tokens, Tokens.layer.pipe(Layer.provide(env(variables)), Layer.provide(NodeServices.layer)))
    const strict = yield* tokens({ ...secret, JWT_ISSUER: "us", JWT_AUDIENCE: "chat" })
    const loose = yield* tokens(secret)
    assert.strictEqual(yield* strict.verify(yield* strict.issue("alice")), "alice")
    assert.strictEqual((yield* Effect.flip(strict.verify(yield* loose.issue("alice"))))._tag, "InvalidToken")
    const other = yield* tokens({ JWT_SECRET: "fedcba9876543210fedcba9876543210" })
    assert.strictEqual((yield* Effect.flip(other.verify(yield* loose.issue("alice"))))._tag, "InvalidToken")
    assert.strictEqual(
      (yield* Effect.flip(loose.verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.")))._tag,
      "InvalidToken",
    )
  }),
)
