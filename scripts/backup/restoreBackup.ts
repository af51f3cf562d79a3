/**
 * Puts a backup back into an empty `DATA_DIR`. `postgres` gets its name when all is there and is what was backed up; the
 * server makes the state of the backup's end of it when it starts.
 */
import { Effect, FileSystem, Option, Path } from "effect"
import { postgresFiles } from "../../src/platform/PostgresFiles.ts"
import { abreast, copy, ifThere } from "./files.ts"
import { type Manifest, readManifest } from "./Manifest.ts"
import { Unusable } from "./Unusable.ts"

const damaged = (folder: string, path: string, how: string) =>
  new Unusable({ what: `the backup ${folder} is damaged (${path} ${how})`, cure: "use another; nothing was restored" })

/** While it is not whole. */
const whileRestoring = (path: string) => path.replace(/^postgres(?=\/|$)/, "postgres.restoring")

const put = Effect.fnUntraced(function* (folder: string, dataDir: string, manifest: Manifest) {
  const fs = yield* FileSystem.FileSystem
  const { own } = yield* postgresFiles
  const owned = (path: string) =>
    /^postgres(\/|$)/.test(path) ? own(`${dataDir}/${whileRestoring(path)}`) : Effect.void
  for (const path of manifest.folders) {
    yield* fs.makeDirectory(`${dataDir}/${whileRestoring(path)}`, { mode: 0o700 })
    yield* owned(path)
  }
  const restore = Effect.fnUntraced(function* ({ path, sha256 }: Manifest["files"][number]) {
    const copied = yield* ifThere(copy(`${folder}/data/${path}`, `${dataDir}/${whileRestoring(path)}`))
    if (Option.isNone(copied)) return yield* damaged(folder, path, "is missing")
    if (copied.value.sha256 !== sha256) return yield* damaged(folder, path, "is not what was backed up")
    yield* owned(path)
  })
  yield* Effect.forEach(manifest.files, restore, { ...abreast, discard: true })
  yield* fs.rename(`${dataDir}/postgres.restoring`, `${dataDir}/postgres`)
})

/** Fails with `Unusable`, and leaves `DATA_DIR` as it was, when it is not empty or the backup is damaged. */
export const restoreBackup = Effect.fn("restoreBackup")(function* (folder: string, dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const manifest = yield* readManifest(folder)
  const there = yield* ifThere(fs.readDirectory(dataDir))
  if (Option.getOrElse(there, () => []).length > 0)
    return yield* new Unusable({ what: `DATA_DIR=${dataDir} is not empty`, cure: "move what is in it away first" })
  yield* fs.makeDirectory(dataDir, { recursive: true, mode: 0o700 })
  const remove = (target: string) => fs.remove(target, { recursive: true, force: true })
  const clear = Option.isNone(there)
    ? remove(dataDir)
    : Effect.flatMap(
        fs.readDirectory(dataDir),
        Effect.forEach((name) => remove(path.join(dataDir, name))),
      )
  yield* put(folder, dataDir, manifest).pipe(Effect.onError(() => Effect.ignore(clear)))
  return manifest
})
