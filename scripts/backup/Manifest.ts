/**
 * What a backup consists of: `manifest.json` beside `data/`, written last and sealed with its own digest, so that a backup
 * that was cut off has none and a damaged one is recognised.
 */
import { Effect, FileSystem, Schema } from "effect"
import { createHash } from "node:crypto"
import { Unusable } from "./Unusable.ts"

/** Below `DATA_DIR`; leads nowhere else. */
const Place = Schema.String.check(Schema.isPattern(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))./))

export const Manifest = Schema.Struct({
  format: Schema.Literal(1),
  /** As the server says it. */
  postgres: Schema.String,
  /** The database's time and position in the log: what was committed before is in the backup. */
  endedAt: Schema.String,
  stopLsn: Schema.String,
  folders: Schema.Array(Place),
  files: Schema.Array(Schema.Struct({ path: Place, bytes: Schema.Int, sha256: Schema.String })),
})
export type Manifest = typeof Manifest.Type

const Sealed = Schema.fromJsonString(Schema.Struct({ sha256: Schema.String, manifest: Schema.Json }))

const sealOf = (manifest: unknown) => createHash("sha256").update(JSON.stringify(manifest)).digest("hex")

const name = "manifest.json"

export const writeManifest = Effect.fnUntraced(function* (folder: string, manifest: Manifest) {
  const fs = yield* FileSystem.FileSystem
  const text = JSON.stringify({ sha256: sealOf(manifest), manifest })
  yield* fs.writeFileString(`${folder}/${name}`, text, { mode: 0o600, flag: "wx" })
  yield* Effect.scoped(Effect.flatMap(fs.open(`${folder}/${name}`, { flag: "r+" }), (file) => file.sync))
})

/** Fails with `Unusable` when the folder holds no whole backup. */
export const readManifest = Effect.fnUntraced(
  function* (folder: string) {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(`${folder}/${name}`)
    const { manifest, sha256 } = yield* Schema.decodeEffect(Sealed)(text)
    if (sealOf(manifest) !== sha256) return yield* Effect.fail("damaged")
    return yield* Schema.decodeUnknownEffect(Manifest)(manifest)
  },
  (read, folder) =>
    Effect.mapError(
      read,
      () =>
        new Unusable({
          what: `${folder} holds no whole backup (its ${name} is missing or damaged)`,
          cure: "use another",
        }),
    ),
)
