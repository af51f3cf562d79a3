/**
 * PostgreSQL, ready to use: the server that `DATABASE_URL` names or the embedded one, reached and migrated.
 */
import { NodeServices } from "@effect/platform-node"
import { PgClient, PgMigrator } from "@effect/sql-pg"
import { Config, Effect, Layer, Option, Redacted, Schedule } from "effect"
import { fromFileSystem } from "effect/sql/MigratorFileSystem"
import type { SqlError } from "effect/sql/SqlError"
import { fileURLToPath } from "node:url"
import { EmbeddedPostgres } from "./EmbeddedPostgres.ts"
import { type Pooling, pooling } from "./pooling.ts"
import { StartError } from "./StartError.ts"

export const dataDir = Config.NonEmptyString("DATA_DIR").pipe(Config.withDefault(".data"))

const DatabaseConfig = Config.all({
  url: Config.option(Config.Redacted("DATABASE_URL")),
  pooling,
  dataDir,
})

const migrations = fileURLToPath(new URL("../../migrations", import.meta.url))

/** Runs what is missing. Of two instances that start at once one migrates and the other waits for its lock. */
export const migrate = PgMigrator.run({ loader: fromFileSystem(migrations) })

const withoutPassword = (url: string): string =>
  URL.canParse(url) ? Object.assign(new URL(url), { password: "" }).href : "(no valid URL)"

const connect = (url: Redacted.Redacted, pooling: Pooling) =>
  PgClient.layer({ url, ...pooling, applicationName: "hs-trade-chat", connectTimeout: "3 seconds" })

const reach = (where: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) =>
    sql`SELECT 1`.pipe(
      Effect.retry({
        while: (error) => error.isRetryable,
        schedule: Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: 4 })),
      }),
      Effect.mapError(
        (error: SqlError) =>
          new StartError({
            what: `cannot reach PostgreSQL at ${where} (${rootMessage(error)})`,
            cure: "check DATABASE_URL and that the server runs",
          }),
      ),
    ),
  )

const migrated = Effect.mapError(
  migrate,
  (error) =>
    new StartError({
      what: `cannot migrate the database (${rootMessage(error)})`,
      cure: "restore the tables it names, or use an empty database",
    }),
)

const rootMessage = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? rootMessage(error.cause)
    : String(error instanceof Error ? error.message : error)

const layerWith = (embedded: typeof EmbeddedPostgres.layer, prepared: typeof migrated | Effect.Effect<void>) => {
  const at = (where: string, url: Redacted.Redacted, pooling: Pooling) =>
    Layer.effectDiscard(Effect.andThen(reach(where), prepared)).pipe(Layer.provideMerge(connect(url, pooling)))
  return Layer.unwrap(
    Effect.gen(function* () {
      const config = yield* DatabaseConfig
      if (Option.isSome(config.url)) {
        const url = config.url.value
        return at(withoutPassword(Redacted.value(url)), url, config.pooling)
      }
      return Layer.unwrap(
        Effect.map(EmbeddedPostgres, ({ url }) => at(`${config.dataDir}/postgres`, url, config.pooling)),
      ).pipe(Layer.provide(embedded(config.dataDir)))
    }),
  ).pipe(Layer.provide(NodeServices.layer))
}

export const layer = layerWith(EmbeddedPostgres.layer, migrated)

/** For a tool beside a service: the embedded server that is running already serves both. */
export const layerShared = layerWith(EmbeddedPostgres.layerShared, migrated)

/** The same for a tool that only looks: nothing is migrated. */
export const layerAsItIs = layerWith(EmbeddedPostgres.layerShared, Effect.void)
