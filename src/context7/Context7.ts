/**
 * Documentation from Context7 over MCP. A call, connecting and retries included, takes `CONTEXT7_TIMEOUT` at most.
 */
import { Context, Duration, Effect, Layer, Option, RcRef, Schedule } from "effect"
import { digestOf } from "../domain/digestOf.ts"
import { makeBudget } from "./Budget.ts"
import { context7Config, type Context7Config } from "./Context7Config.ts"
import { type Context7Error, Context7ProtocolFault, Context7Timeout, LibraryNotFound } from "./Context7Error.ts"
import { makeGuard } from "./Guard.ts"
import { connect, type McpConnection } from "./McpConnection.ts"
import { failureIn, type Library, parseDocs, parseLibraries, rankLibraries, redirectOf, type Snippet } from "./parse.ts"

export interface Context7Service {
  readonly enabled: boolean
  readonly timeout: Duration.Duration
  /** Library ids that the operator names. */
  readonly libraries: ReadonlyArray<string>
  /** Libraries that carry a name, best first; fails with `LibraryNotFound` when there is none. */
  readonly resolveLibraryId: (name: string, question: string) => Effect.Effect<ReadonlyArray<Library>, Context7Error>
  /** What a call would meet now without being made, because it is ill, refuses, or has had its budget; none while it is asked. */
  readonly refusal: Effect.Effect<Option.Option<Context7Error>>
  /** What a library says to a question; a redirect is followed once. */
  readonly getLibraryDocs: (libraryId: string, question: string) => Effect.Effect<ReadonlyArray<Snippet>, Context7Error>
}

export class Context7 extends Context.Service<Context7, Context7Service>()("hs-trade-chat/context7/Context7") {
  static readonly layerOf = (config: Context7Config) => Layer.effect(Context7, make(config))

  static readonly layerOff: Layer.Layer<Context7> = Layer.succeed(Context7, {
    enabled: false,
    timeout: Duration.zero,
    libraries: [],
    refusal: Effect.succeed(Option.none()),
    resolveLibraryId: (library) => Effect.fail(new LibraryNotFound({ library })),
    getLibraryDocs: (library) => Effect.fail(new LibraryNotFound({ library })),
  })

  static readonly layer = Layer.unwrap(
    Effect.map(context7Config, Option.match({ onNone: () => Context7.layerOff, onSome: Context7.layerOf })),
  )
}

/** The longest question that the server takes. */
const longestQuestion = 500

/** Every turn wants to know what a call would meet: what other instances met is not read for each of them. */
const atHand = "250 millis"

const retries = Schedule.exponential("100 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

const make = Effect.fnUntraced(function* (config: Context7Config) {
  const budget = yield* makeBudget(digestOf(config.url), config.budget)
  const guard = yield* makeGuard({ key: config.url, timeout: config.timeout })
  const connection = yield* RcRef.make({ acquire: connect(config), idleTimeToLive: "5 minutes" })

  const [refusal, askAgain] = yield* Effect.all([guard.refusal, budget.refusal]).pipe(
    Effect.map((refusals) => Option.firstSomeOf<Context7Error>(refusals)),
    Effect.cachedInvalidateWithTTL(atHand),
  )

  const ask = Effect.fnUntraced(function* (
    operation: string,
    speak: (connection: McpConnection) => Effect.Effect<string, Context7Error>,
  ) {
    const attempt = Effect.andThen(budget.spend, RcRef.get(connection)).pipe(
      Effect.flatMap(speak),
      Effect.scoped,
      Effect.tapErrorTag("Context7ConnectionLost", () => RcRef.invalidate(connection)),
    )
    return yield* attempt.pipe(
      Effect.retry({ schedule: retries, while: (error) => error.retryable }),
      Effect.timeoutOrElse({
        duration: config.timeout,
        orElse: () => Effect.fail(new Context7Timeout({ operation, after: Duration.toMillis(config.timeout) })),
      }),
      guard.protect,
      Effect.ensuring(askAgain),
    )
  })

  const answered = (operation: string, library: string) => (text: string) => {
    const failure = failureIn(operation, library, text)
    return failure ? Effect.fail(failure) : Effect.succeed(text)
  }

  const docs = (libraryId: string, question: string) =>
    ask("docs", (connection) =>
      askForDocs(connection, libraryId, question).pipe(Effect.flatMap(answered("docs", libraryId))),
    )

  return Context7.of({
    enabled: true,
    timeout: config.timeout,
    libraries: config.libraries,
    refusal,
    resolveLibraryId: Effect.fn("Context7.resolveLibraryId")(function* (name: string, question: string) {
      const text = yield* ask("resolve", (connection) =>
        connection
          .call("resolve-library-id", { libraryName: name, query: question.slice(0, longestQuestion) })
          .pipe(Effect.flatMap(answered("resolve", name))),
      )
      const libraries = rankLibraries(parseLibraries(text), name)
      return libraries.length > 0 ? libraries : yield* new LibraryNotFound({ library: name })
    }),
    getLibraryDocs: Effect.fn("Context7.getLibraryDocs")(function* (libraryId: string, question: string) {
      yield* Effect.annotateCurrentSpan({ "context7.library": libraryId })
      const text = yield* docs(libraryId, question)
      const moved = redirectOf(text)
      return parseDocs(moved === null ? text : yield* docs(moved, question))
    }),
  })
})

/** Speaks the dialect of the tools that are there: 2.x, or 1.x of older servers. */
const askForDocs = (connection: McpConnection, libraryId: string, question: string) => {
  const query = question.slice(0, longestQuestion)
  if (connection.tools.has("query-docs")) return connection.call("query-docs", { libraryId, query })
  if (connection.tools.has("get-library-docs")) {
    return connection.call("get-library-docs", { context7CompatibleLibraryID: libraryId, topic: query })
  }
  return Effect.fail(new Context7ProtocolFault({ operation: "docs", reason: "the server has no documentation tool" }))
}
