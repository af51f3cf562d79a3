/**
 * Under which licences production dependencies may be used: `npm run licences`. Reads what is installed, and the lock file for
 * packages of other platforms. Ends with code 1 and names whatever has no licence of the list, or none at all.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Option, Schema } from "effect"

/** They ask for their notice to be kept, and for nothing of ours. */
const accepted = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "PostgreSQL",
  "Unlicense",
])

const Licensed = { license: Schema.optional(Schema.String) }
const Lock = Schema.Struct({
  packages: Schema.Record(Schema.String, Schema.Struct({ ...Licensed, dev: Schema.optional(Schema.Boolean) })),
})

/** An SPDX expression without nesting: one of the alternatives is enough, and of it everything. */
const isAccepted = (expression: string): boolean =>
  expression
    .replace(/^\((.*)\)$/, "$1")
    .split(" OR ")
    .some((alternative) => alternative.split(" AND ").every((licence) => accepted.has(licence.trim())))

const decoded = <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  Schema.decodeUnknownEffect(Schema.fromJsonString(schema))

const check = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { packages } = yield* Effect.flatMap(fs.readFileString("package-lock.json"), decoded(Lock))
  const used = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true)
  const found = yield* Effect.forEach(used, ([path, { license }]) =>
    fs.readFileString(`${path}/package.json`).pipe(
      Effect.flatMap(decoded(Schema.Struct(Licensed))),
      Effect.option,
      Effect.map((installed) => ({
        name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
        licence: Option.getOrUndefined(installed)?.license ?? license ?? "none",
      })),
    ),
  )
  const byLicence = Map.groupBy(found, ({ licence }) => licence)
  for (const [licence, { length }] of [...byLicence].sort(([, a], [, b]) => b.length - a.length))
    yield* Console.log(`${`${length}`.padStart(5)}  ${licence}`)
  const refused = found.filter(({ licence }) => !isAccepted(licence))
  for (const { licence, name } of refused) yield* Console.error(`not accepted: ${name} (${licence})`)
  if (refused.length > 0) process.exitCode = 1
})

NodeRuntime.runMain(Effect.provide(check, NodeServices.layer))
