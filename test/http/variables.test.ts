import { assert, layer } from "@effect/vitest"
import { Config, Effect, Layer } from "effect"
import { wrongVariable } from "../../src/platform/StartError.ts"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { edge, secret } from "./Edge.ts"

const refused: ReadonlyArray<[string, string, string]> = [
  ["JWT_JWKS_URL", "http://id.example/keys", "expected an https address"],
  ["JWT_JWKS_URL", "https://user:pass@id.example/keys", "expected an https address"],
  ["JWT_JWKS_URL", "keys.json", "expected an https address"],
  ["OPERATOR_TOKEN", "fifteen-letters", "expected at least 16"],
  ["OPERATOR_TOKEN", "sixteen letters and spaces", "expected at least 16"],
  ["CORS_ORIGINS", "*", "expected origins"],
  ["CORS_ORIGINS", "null", "expected origins"],
  ["CORS_ORIGINS", "https://app.example/", "expected origins"],
  ["CORS_ORIGINS", "https://App.example", "expected origins"],
  ["CORS_ORIGINS", "https://*.example", "expected origins"],
  ["CORS_ORIGINS", "https://app.example https://b.example", "expected origins"],
  ["TRUSTED_PROXIES", "10.0.0.1", "expected networks"],
  ["TRUSTED_PROXIES", "10.0.0.0/8, proxy.example", "expected networks"],
  ["TRUSTED_PROXIES", "10.0.0.0/33", "expected networks"],
  ["RATE_LIMIT_GUEST", "20", "expected so many in a time"],
  ["RATE_LIMIT_GUEST", "0/1 minute", "expected so many in a time"],
  ["RATE_LIMIT_MEMBER", "60/minute", "expected so many in a time"],
  ["RATE_LIMIT_MEMBER", "60/0 minutes", "expected so many in a time"],
  ["RATE_LIMIT_MEMBER", "unlimited", "expected so many in a time"],
]

layer(harmonizedSystem)("the start is refused", (it) => {
  it.effect.each(refused)("with %s=%s", ([name, value, expected]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(edge({ [name]: value }))))
      assert.instanceOf(error, Config.ConfigError)
      const { message } = wrongVariable(error)
      assert.include(message, `${name} cannot be used: ${expected}`)
      assert.notInclude(message, "\n")
    }),
  )

  it.effect("with a secret and a key set at once", () =>
    Effect.gen(function* () {
      const variables = { JWT_SECRET: secret, JWT_JWKS_URL: "https://id.example/keys" }
      const error = yield* Effect.flip(Effect.scoped(Layer.build(edge(variables))))
      assert.instanceOf(error, Config.ConfigError)
      const { message } = wrongVariable(error)
      assert.strictEqual(
        message,
        "JWT_JWKS_URL cannot be used: JWT_SECRET is set as well, and only one of the two can be",
      )
    }),
  )
})
