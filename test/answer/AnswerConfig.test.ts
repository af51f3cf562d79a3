import { assert, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect } from "effect"
import { answerConfig } from "../../src/answer/AnswerConfig.ts"
import { wrongVariable } from "../../src/platform/StartError.ts"

const read = (env: Record<string, string>) =>
  Effect.provide(answerConfig, ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))

it.effect("without configuration the grounded model answers alone", () =>
  Effect.gen(function* () {
    const { models, limits } = yield* read({})
    assert.deepStrictEqual(models, [])
    assert.deepStrictEqual(limits, { firstToken: Duration.seconds(5), idle: Duration.seconds(10), historyTokens: 2000 })
  }),
)

it.effect("listed models have names that can be chosen", () =>
  Effect.gen(function* () {
    const keys = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "b" }
    const { models } = yield* read({
      ...keys,
      ANSWER_MODEL: "openai, anthropic, openai",
      OPENAI_MODEL: "local",
      ANSWER_MAX_TOKENS: "300",
    })
    assert.deepStrictEqual(
      models.map(({ provider, name, maxTokens }) => [provider, name, maxTokens]),
      [
        ["openai", "local", 300],
        ["anthropic", "claude-haiku-4-5", 300],
      ],
    )
  }),
)

it.effect("a wrong list, a missing key and a bad limit are named", () =>
  Effect.gen(function* () {
    const refused = (env: Record<string, string>) =>
      Effect.map(Effect.flip(read(env)), (error) => wrongVariable(error).message)
    assert.match(
      yield* refused({ ANSWER_MODEL: "claude" }),
      /^ANSWER_MODEL cannot be used: expected a comma-separated list of grounded, anthropic, openai$/,
    )
    assert.match(
      yield* refused({ ANSWER_MODEL: "grounded,openai", ANTHROPIC_API_KEY: "a" }),
      /^OPENAI_API_KEY cannot be used: expected a key, because ANSWER_MODEL lists openai$/,
    )
    assert.match(yield* refused({ ANSWER_HISTORY_TOKENS: "-1" }), /^ANSWER_HISTORY_TOKENS cannot be used/)
    assert.match(yield* refused({ ANSWER_IDLE_TIMEOUT: "5" }), /^ANSWER_IDLE_TIMEOUT cannot be used/)
  }),
)
