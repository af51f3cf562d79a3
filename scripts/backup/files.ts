/** Files of a backup: found, copied with their digest, and on the disk before anybody is told that they are there. */
import { Effect, FileSystem, Option, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { createHash } from "node:crypto"
import { Unusable } from "./Unusable.ts"

/** How many files are copied at a time. */
export const abreast = { concurrency: 8 }

export const ifThere = <A, R>(self: Effect.Effect<A, PlatformError, R>) =>
  Effect.map(self, Option.some).pipe(
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeed(Option.none<A>()),
    ),
  )

interface Found {
  readonly folders: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
}

/** Everything below a folder but what is left out; a folder before what is in it. What vanishes meanwhile was not there. */
export const below: (
  folder: string,
  leftOut: (path: string) => boolean,
  prefix?: string,
) => Effect.Effect<Found, PlatformError | Unusable, FileSystem.FileSystem> = Effect.fnUntraced(function* (
  folder,
  leftOut,
  prefix = "",
) {
  const fs = yield* FileSystem.FileSystem
  const entries = Option.getOrElse(yield* ifThere(fs.readDirectoryEntries(`${folder}/${prefix}`)), () => [])
  const folders: Array<string> = []
  const files: Array<string> = []
  for (const { name, type } of entries) {
    const path = `${prefix}${name}`
    if (leftOut(path)) continue
    if (type === "File") files.push(path)
    else if (type === "Directory") {
      const inside = yield* below(folder, leftOut, `${path}/`)
      folders.push(path, ...inside.folders)
      files.push(...inside.files)
    } else
      return yield* new Unusable({
        what: `${folder}/${path} leads elsewhere (${type})`,
        cure: "what lies outside of DATA_DIR is not copied; bring it in, or use pg_basebackup",
      })
  }
  return { folders, files }
})

/** Makes a file of its own of what a stream brings. */
export const store = Effect.fnUntraced(function* (source: Stream.Stream<Uint8Array, PlatformError>, to: string) {
  const fs = yield* FileSystem.FileSystem
  const hash = createHash("sha256")
  let bytes = 0
  const count = (chunk: Uint8Array) =>
    Effect.sync(() => {
      hash.update(chunk)
      bytes += chunk.length
    })
  yield* source.pipe(Stream.tap(count), Stream.run(fs.sink(to, { flag: "wx", mode: 0o600 })))
  yield* Effect.scoped(Effect.flatMap(fs.open(to, { flag: "r+" }), (file) => file.sync))
  return { bytes, sha256: hash.digest("hex") }
})

export const copy = Effect.fnUntraced(function* (from: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* store(fs.stream(from), to)
})
