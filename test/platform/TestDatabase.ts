/** The real PostgreSQL, embedded, with an empty database of its own for each layer that asks. */
import { NodeServices } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Effect, FileSystem, Layer } from "effect"
import { migrate } from "../../src/platform/Database.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"

const server = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return EmbeddedPostgres.layer(yield* fs.makeTempDirectoryScoped())
  }),
)

export const emptyDatabase = Layer.unwrap(Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))).pipe(
  Layer.provideMerge(server),
  Layer.provideMerge(NodeServices.layer),
)

export const migratedDatabase = Layer.effectDiscard(migrate).pipe(Layer.provideMerge(emptyDatabase))
