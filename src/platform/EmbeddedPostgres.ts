/**
 * The real PostgreSQL 18 that comes as an npm package, run as a child process on `DATA_DIR/postgres`.
 *
 * A shell watches over it: when this process ends, however it ends, the shell's input closes and PostgreSQL is told to
 * stop. It runs in a process group of its own, so that Ctrl-C reaches it only after the turns have been recorded.
 */
import { Context, Deferred, Effect, FileSystem, Layer, Option, Path, Redacted, Schedule, Scope, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { isAlive } from "./isAlive.ts"
import { postgresFiles } from "./PostgresFiles.ts"
import { StartError } from "./StartError.ts"

const supervisor = `
exec 3<&0
"$@" &
postgres=$!
trap "" INT TERM HUP
(while read -r line; do :; done; kill -INT $postgres) <&3 &
watcher=$!
wait $postgres
code=$?
kill $watcher 2>/dev/null
exit $code`

const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "lc_messages=C", "max_connections=100"]

const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address ? address.port : 0)))
  })
})

/** Output lines of a PostgreSQL program that did not start. */
class Refused extends Error {
  readonly inUse: boolean
  constructor(lines: ReadonlyArray<string>) {
    super(lines.findLast((line) => /FATAL|error/i.test(line)) ?? lines.at(-1) ?? "it ended without a word")
    this.inUse = lines.some((line) => line.includes("postmaster.pid"))
  }
}

export class EmbeddedPostgres extends Context.Service<EmbeddedPostgres, { readonly url: Redacted.Redacted }>()(
  "hs-trade-chat/platform/EmbeddedPostgres",
) {
  static readonly layer = (dataDir: string) => Layer.effect(EmbeddedPostgres, start(dataDir))
  /** Joins the server that another process runs on the same directory, or starts one. */
  static readonly layerShared = (dataDir: string) =>
    Layer.effect(
      EmbeddedPostgres,
      Effect.flatMap(running(dataDir), Option.match({ onNone: () => start(dataDir), onSome: Effect.succeed })),
    )
}

const addressOf = (password: string, port: number | string) => ({
  url: Redacted.make(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`),
})

/** The server whose id and port (lines 1 and 4) stand in `postmaster.pid`. */
const running = (dataDir: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const [pid, , , port] = (yield* fs.readFileString(path.resolve(dataDir, "postgres", "postmaster.pid"))).split("\n")
    const password = yield* fs.readFileString(path.resolve(dataDir, "postgres.password"))
    return port !== undefined && isAlive(Number(pid)) ? Option.some(addressOf(password, port)) : Option.none()
  }).pipe(Effect.orElseSucceed(() => Option.none<ReturnType<typeof addressOf>>()))

const start = Effect.fn("EmbeddedPostgres.start")(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = path.resolve(dataDir, "postgres")
  const passwordFile = path.resolve(dataDir, "postgres.password")
  const files = yield* postgresFiles
  const scope = yield* Scope.Scope

  yield* Effect.gen(function* () {
    yield* fs.makeDirectory(path.dirname(directory), { recursive: true, mode: 0o700 })
    if (yield* fs.exists(directory)) return
    const password = randomBytes(24).toString("base64url")
    yield* fs.writeFileString(passwordFile, password, { mode: 0o600 })
    yield* initialise(files, `${directory}.new`, password)
    yield* fs.rename(`${directory}.new`, directory)
  }).pipe(
    Effect.catchTag(
      "PlatformError",
      (error) =>
        new StartError({
          what: `cannot use DATA_DIR=${dataDir} (${error.message})`,
          cure: "name a writable directory",
        }),
    ),
  )
  const password = yield* fs
    .readFileString(passwordFile)
    .pipe(
      Effect.mapError(
        () =>
          new StartError({ what: `${passwordFile} is missing`, cure: "restore it, or remove DATA_DIR to start empty" }),
      ),
    )

  const port = yield* freePort
  const run = launch(files, directory, port)
  const first = yield* run.pipe(
    Effect.retry({
      while: (refused) => refused.inUse,
      schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo({ times: 15 })),
    }),
    Effect.catch((refused) => explain(refused, dataDir, directory)),
  )
  yield* Deferred.await(first.exited).pipe(
    Effect.andThen(Effect.logError("PostgreSQL ended unexpectedly; starting it again")),
    Effect.andThen(run.pipe(Effect.retry(Schedule.spaced("1 second")))),
    Effect.flatMap((next) => Deferred.await(next.exited)),
    Effect.forever,
    Effect.forkIn(scope),
  )
  return EmbeddedPostgres.of(addressOf(password, port))
})

type Files = Effect.Success<typeof postgresFiles>

const initialise = Effect.fnUntraced(function* (files: Files, directory: string, password: string) {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner
  yield* fs.remove(directory, { recursive: true, force: true })
  yield* fs.makeDirectory(directory, { mode: 0o700 })
  const secrets = yield* fs.makeTempDirectoryScoped()
  const pwfile = `${secrets}/password`
  yield* fs.writeFileString(pwfile, password, { mode: 0o600 })
  yield* files.own(secrets)
  yield* files.own(pwfile)
  yield* files.own(directory)
  const [command = "", ...args] = [
    ...files.prefix,
    `${files.bin}/initdb`,
    "-D",
    files.dataArgument(directory),
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    `--pwfile=${pwfile}`,
    "-E",
    "UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ]
  const lines = yield* spawner.lines(ChildProcess.make(command, args, { cwd: directory, stdin: "ignore" }), {
    includeStderr: true,
  })
  if (!(yield* fs.exists(`${directory}/PG_VERSION`))) {
    return yield* new StartError({
      what: `PostgreSQL could not be set up (${new Refused(lines).message})`,
      cure: "see the reason in brackets",
    })
  }
}, Effect.scoped)

const launch = Effect.fnUntraced(function* (files: Files, directory: string, port: number) {
  const scope = yield* Scope.Scope
  const stop = yield* Deferred.make<void>()
  const exited = yield* Deferred.make<void>()
  const ready = yield* Deferred.make<void, Refused>()
  const lines: Array<string> = []
  const handle = yield* ChildProcess.make(
    "sh",
    [
      "-c",
      supervisor,
      "sh",
      ...files.prefix,
      `${files.bin}/postgres`,
      "-D",
      files.dataArgument(directory),
      "-p",
      `${port}`,
      ...settings.flatMap((setting) => ["-c", setting]),
    ],
    {
      cwd: directory,
      detached: true,
      stdin: Stream.fromEffect(Deferred.await(stop)).pipe(Stream.drain),
    },
  ).pipe(Effect.mapError((error) => new Refused([error.message])))
  yield* handle.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => {
      if (lines.push(line) > 50) lines.shift()
      const settled = /ready to accept (read-only )?connections/.test(line)
        ? Deferred.succeed(ready, undefined)
        : Effect.void
      return Effect.logDebug(line).pipe(Effect.andThen(settled))
    }),
    Effect.ignore,
    Effect.andThen(Effect.ignore(handle.exitCode)),
    Effect.andThen(Effect.suspend(() => Deferred.fail(ready, new Refused(lines)))),
    Effect.andThen(Deferred.succeed(exited, undefined)),
    Effect.forkIn(scope),
  )
  yield* Scope.addFinalizer(
    scope,
    Deferred.succeed(stop, undefined).pipe(
      Effect.andThen(Deferred.await(exited)),
      Effect.timeoutOption("30 seconds"),
      Effect.uninterruptible,
    ),
  )
  yield* Deferred.await(ready)
  return { exited }
})

const explain = Effect.fnUntraced(function* (refused: Refused, dataDir: string, directory: string) {
  if (!refused.inUse) {
    return yield* new StartError({
      what: `PostgreSQL did not start (${refused.message})`,
      cure: "see the reason in brackets, or set DATABASE_URL",
    })
  }
  const fs = yield* FileSystem.FileSystem
  const pid = yield* fs.readFileString(`${directory}/postmaster.pid`).pipe(
    Effect.map((text) => text.split("\n")[0]),
    Effect.orElseSucceed(() => "unknown"),
  )
  return yield* new StartError({
    what: `DATA_DIR=${dataDir} is in use by another process (PostgreSQL's id is ${pid})`,
    cure: "stop that one, or give this one a DATA_DIR of its own or a DATABASE_URL",
  })
})
