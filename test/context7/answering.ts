/** A Context7 with one library that answers as a test tells it; nobody may look for another. */
import { Duration, Effect, Layer, Option } from "effect"
import { Context7, type Context7Service } from "../../src/context7/Context7.ts"

export const answering = (getLibraryDocs: Context7Service["getLibraryDocs"], more: Partial<Context7Service> = {}) =>
  Layer.succeed(Context7, {
    enabled: true,
    timeout: Duration.seconds(2),
    libraries: ["/customs/guide"],
    refusal: Effect.succeed(Option.none()),
    resolveLibraryId: () => Effect.die("not asked for"),
    getLibraryDocs,
    ...more,
  })
