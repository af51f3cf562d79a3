/** A PostgreSQL server of a test's own with all its programs, where Debian's is installed (`apt-get install postgresql`). */
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { existsSync, readdirSync } from "node:fs"
import { freePort } from "../platform/TestRedis.ts"
import { postgresFiles } from "../../src/platform/PostgresFiles.ts"

const versions = "/usr/lib/postgresql"

const newest = existsSync(versions)
  ? readdirSync(versions)
      .filter((version) => existsSync(`${versions}/${version}/bin/pg_dump`))
      .sort((one, other) => Number(other) - Number(one))[0]
  : undefined

export const installed = newest !== undefined
export const bin = `${versions}/${newest}/bin`

export const urlAt = (port: number, database = "postgres") => `postgres://postgres@127.0.0.1:${port}/${database}`

/** A folder that the server's user may use, and words that run a command as that user. */
const serversFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { own, prefix } = yield* postgresFiles
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "postgres-" })
  yield* own(folder)
  return { folder, prefix }
})

const run = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const [command = "", ...args] = words
  const child = yield* ChildProcess.make(command, args, { stdin: "ignore", cwd: "/" })
  const [said, code] = yield* Effect.all([child.all.pipe(Stream.decodeText(), Stream.mkString), child.exitCode], {
    concurrency: "unbounded",
  })
  if (Number(code) !== 0) return yield* Effect.fail(new Error(said))
}, Effect.scoped)

/** Stops a server that was started by `pg_ctl`. */
export const stopServer = Effect.fnUntraced(function* (data: string) {
  const { prefix } = yield* postgresFiles
  yield* run([...prefix, `${bin}/pg_ctl`, "-D", data, "-m", "immediate", "stop"])
})

const settings = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
lc_messages = 'C'
fsync = off
`

/** Makes an empty server; `start` runs it until its scope closes. */
export const makeServer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { folder, prefix } = yield* serversFolder
  const data = `${folder}/data`
  const port = yield* freePort
  const words = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
  yield* run([...prefix, `${bin}/initdb`, ...words])
  yield* fs.writeFileString(`${data}/postgresql.conf`, settings, { flag: "a" })
  const start = Effect.gen(function* () {
    const [command = "", ...args] = [...prefix, `${bin}/postgres`, "-D", data, "-p", `${port}`]
    const child = yield* ChildProcess.make(command, args, { stdin: "ignore", cwd: "/", killSignal: "SIGINT" })
    yield* child.all.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.takeUntil((line) => line.includes("ready to accept connections")),
      Stream.runDrain,
    )
    // Its output must be read, or it would wait for a reader some day.
    yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(child.all)))
  })
  return { folder, prefix, port, data, url: urlAt(port), start }
})
