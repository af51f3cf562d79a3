/**
 * Reads the whole database that `DATABASE_URL` names, or the embedded one in `DATA_DIR`, and lists what is wrong with it
 * without changing it: `npm run check-data`. Ends with 1 when something is.
 */
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import { existsSync } from "node:fs"
import { checkData } from "../src/history/checkData.ts"
import * as Database from "../src/platform/Database.ts"

if (existsSync(".env")) process.loadEnvFile()

const main = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const { messages, sessions, wrong } = yield* checkData(sql, ({ path, reason, row }) =>
    Console.log(`${row}  ${path}  ${reason}`),
  )
  yield* Console.log(`${messages} messages, ${sessions} sessions checked, ${wrong} wrong`)
  if (wrong > 0) process.exitCode = 1
}).pipe(
  Effect.provide(Database.layerAsItIs),
  Effect.tapError((error) => Console.error(`check-data: ${error.message}`)),
)

NodeRuntime.runMain(main, { disableErrorReporting: true })
