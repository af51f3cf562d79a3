/** Which models answer, with what keys, and how long each may take. */
import { Config, Duration, Effect, type Redacted, Schema } from "effect"
import type { ChatModel } from "./ChatModel.ts"

export interface ProviderConfig {
  readonly apiKey: Redacted.Redacted
  readonly model: string
  readonly baseUrl: URL
  /** Of an answer. */
  readonly maxTokens: number
}

export interface AnswerLimits {
  /** Until a model's first words, retries included. */
  readonly firstToken: Duration.Duration
  /** Until its next words. */
  readonly idle: Duration.Duration
  /** Of what was said before. */
  readonly historyTokens: number
}

const names = ["grounded", "anthropic", "openai"] as const
type Name = (typeof names)[number]

const namesIn = (list: string): ReadonlyArray<string> => list.split(",").map((name) => name.trim())

const NameList = Schema.String.check(
  Schema.makeFilter(
    (list: string) =>
      namesIn(list).every((name) => names.some((known) => known === name)) ||
      `expected a comma-separated list of ${names.join(", ")}`,
  ),
)

const listed = Config.schema(NameList, "ANSWER_MODEL").pipe(
  Config.withDefault("grounded"),
  Config.map((list) => [...new Set(namesIn(list))] as ReadonlyArray<Name>),
)

const atLeast = (minimum: number) =>
  Schema.NumberFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(minimum))

const limits = Config.all({
  firstToken: Config.Duration("ANSWER_FIRST_TOKEN_TIMEOUT").pipe(Config.withDefault(Duration.seconds(5))),
  idle: Config.Duration("ANSWER_IDLE_TIMEOUT").pipe(Config.withDefault(Duration.seconds(10))),
  historyTokens: Config.schema(atLeast(0), "ANSWER_HISTORY_TOKENS").pipe(Config.withDefault(2000)),
})

const provider = (name: Name, model: string, baseUrl: string) => {
  const prefix = name.toUpperCase()
  const message = `expected a key, because ANSWER_MODEL lists ${name}`
  return Config.all({
    apiKey: Config.schema(Schema.Redacted(Schema.String.annotate({ message })), `${prefix}_API_KEY`),
    model: Config.NonEmptyString(`${prefix}_MODEL`).pipe(Config.withDefault(model)),
    baseUrl: Config.URL(`${prefix}_BASE_URL`).pipe(Config.withDefault(new URL(baseUrl))),
    maxTokens: Config.schema(atLeast(1), "ANSWER_MAX_TOKENS").pipe(Config.withDefault(1024)),
  })
}

/** An SDK is loaded only where its model is listed: each takes some thirty megabytes. */
const makers: Readonly<Record<Exclude<Name, "grounded">, Effect.Effect<ChatModel, Config.ConfigError>>> = {
  anthropic: Effect.gen(function* () {
    const config = yield* provider("anthropic", "claude-haiku-4-5", "https://api.anthropic.com")
    const { anthropic } = yield* Effect.promise(() => import("./anthropic.ts"))
    return anthropic(config)
  }),
  openai: Effect.gen(function* () {
    const config = yield* provider("openai", "gpt-5.4-mini", "https://api.openai.com/v1")
    const { openai } = yield* Effect.promise(() => import("./openai.ts"))
    return openai(config)
  }),
}

/** Fails when a listed model has no key; the grounded model never fails, so none behind it is asked. */
export const answerConfig = Effect.gen(function* () {
  const order = yield* listed
  const made = yield* Effect.forEach(order, (name) => (name === "grounded" ? Effect.succeed(null) : makers[name]))
  const end = made.indexOf(null)
  const models = made.slice(0, end < 0 ? made.length : end).filter((model) => model !== null)
  return { models, limits: yield* limits }
})
