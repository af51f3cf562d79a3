/** Puts a backup of the embedded PostgreSQL back into an empty `DATA_DIR`: `npm run restore -- FOLDER`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Path } from "effect"
import { existsSync } from "node:fs"
import { dataDir } from "../src/platform/Database.ts"
import { restoreBackup } from "./backup/restoreBackup.ts"

if (existsSync(".env")) process.loadEnvFile()

const main = Effect.gen(function* () {
  const path = yield* Path.Path
  const [folder, ...more] = process.argv.slice(2)
  if (folder === undefined || more.length > 0) return yield* Effect.fail(new Error("usage: npm run restore -- FOLDER"))
  const directory = path.resolve(yield* dataDir)
  const { endedAt, postgres } = yield* restoreBackup(path.resolve(folder), directory)
  yield* Console.log(
    `${directory}: PostgreSQL ${postgres}, all that was committed before ${endedAt}; npm start serves it`,
  )
}).pipe(
  Effect.provide(NodeServices.layer),
  Effect.tapError((error) => Console.error(`restore: ${error.message}`)),
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
