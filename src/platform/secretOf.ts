/** A secret that a variable gives, else one of this installation: made once in `DATA_DIR`, readable by its owner only. */
import { Config, Effect, FileSystem, Option, Path, Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"

const shortest = 32

const Secret = Schema.String.check(
  Schema.makeFilter((value: string) => Buffer.byteLength(value) >= shortest || `expected at least ${shortest} bytes`),
)

export const secretConfig = (variable: string): Config.Config<Option.Option<Redacted.Redacted>> =>
  Config.option(Config.schema(Schema.Redacted(Secret), variable))

export const secretOf = Effect.fnUntraced(function* (variable: string) {
  const given = yield* secretConfig(variable)
  if (Option.isSome(given)) return given.value
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* Config.NonEmptyString("DATA_DIR").pipe(Config.withDefault(".data"))
  const file = path.join(folder, `${variable.toLowerCase().replace("_", ".")}`)
  yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
  yield* fs
    .writeFileString(file, randomBytes(shortest).toString("base64url"), { mode: 0o600, flag: "wx" })
    .pipe(Effect.ignore)
  return Redacted.make(yield* fs.readFileString(file))
})
