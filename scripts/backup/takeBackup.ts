/**
 * Backs the embedded PostgreSQL up while it serves, by PostgreSQL's low-level API, together with the rest of `DATA_DIR`.
 *
 *     slot ─► pg_backup_start ─► copy postgres/ ─► pg_backup_stop ─► copy the log from start to stop ─► manifest
 *
 * All on one session. Its temporary replication slot keeps the log that the copy needs from being recycled, and goes with
 * the session, as the backup's mode does, however this process ends.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, FileSystem, Option, Path, Schema, Stream } from "effect"
import { abreast, below, copy, ifThere, store } from "./files.ts"
import { type Manifest, writeManifest } from "./Manifest.ts"
import { Unusable } from "./Unusable.ts"

/** The server makes their contents anew, or has them no longer when the backup is restored. */
const emptied = /^(pg_(wal|replslot|dynshmem|notify|serial|snapshots|stat_tmp|subtrans))\/./
const passing =
  /(^|\/)(postmaster\.(pid|opts)|pg_internal\.init[^/]*|pgsql_tmp[^/]*|(backup_label|tablespace_map)[^/]*)$/
const control = "global/pg_control"

const Started = Schema.Tuple([Schema.Struct({ start: Schema.String })])
const Stopped = Schema.Tuple([
  Schema.Struct({ lsn: Schema.String, label: Schema.String, version: Schema.String, at: Schema.String }),
])
const Names = Schema.Array(Schema.Struct({ name: Schema.String }))

const equal = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0

/** Copies what is there, keeping the paths; what has vanished since it was found is left out. */
const copyAll = Effect.fnUntraced(function* (from: string, to: string, paths: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const copied = yield* Effect.forEach(
    paths,
    (path) =>
      ifThere(copy(`${from}/${path}`, `${to}/${path}`)).pipe(
        Effect.tap((there) => (Option.isNone(there) ? fs.remove(`${to}/${path}`, { force: true }) : Effect.void)),
        Effect.map(Option.map((file) => ({ path, ...file }))),
      ),
    abreast,
  )
  return copied.flatMap(Option.toArray)
})

const makeFolders = Effect.fnUntraced(function* (to: string, folders: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  for (const folder of folders) yield* fs.makeDirectory(`${to}/${folder}`, { mode: 0o700 })
})

/** The file is one sector that is written in place: two readings that agree were not made in the middle of that. */
const steady = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  let [before, now] = [yield* fs.readFile(file), yield* fs.readFile(file)]
  while (!equal(before, now)) [before, now] = [now, yield* fs.readFile(file)]
  return now
})

/** The segments from start to stop, the one of the stop's last byte included, and what tells of older timelines. */
const logBetween = (sql: PgClient.PgClient, start: string, stop: string) =>
  Effect.flatMap(
    sql`
      SELECT DISTINCT pg_walfile_name(least(${start}::pg_lsn + n * size, ${stop}::pg_lsn - 1)) AS name
      FROM (SELECT pg_size_bytes(current_setting('wal_segment_size'))::numeric AS size) segment,
        generate_series(0, ceil((${stop}::pg_lsn - ${start}::pg_lsn) / size)) n
      UNION SELECT name FROM pg_ls_waldir() WHERE name LIKE '%.history'`,
    Schema.decodeUnknownEffect(Names),
  )

const copyDatabase = Effect.fnUntraced(function* (from: string, to: string) {
  const sql = yield* PgClient.PgClient
  yield* sql`SELECT 1 FROM pg_create_physical_replication_slot('backup_' || pg_backend_pid(), true, true)`
  const [{ start }] = yield* Effect.flatMap(
    sql`SELECT pg_backup_start('npm run backup', fast => true)::text AS start`,
    Schema.decodeUnknownEffect(Started),
  )
  const { files, folders } = yield* below(from, (path) => emptied.test(path) || passing.test(path) || path === control)
  yield* makeFolders(to, folders)
  const copied = yield* copyAll(from, to, files)
  const state = yield* store(Stream.succeed(yield* steady(`${from}/${control}`)), `${to}/${control}`)
  const [{ at, label, lsn, version }] = yield* Effect.flatMap(
    sql`
      SELECT lsn::text, labelfile AS label, current_setting('server_version') AS version,
        to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
      FROM pg_backup_stop(wait_for_archive => false)`,
    Schema.decodeUnknownEffect(Stopped),
  )
  const marked = yield* store(Stream.encodeText(Stream.succeed(label)), `${to}/backup_label`)
  const log = yield* Effect.forEach(yield* logBetween(sql, start, lsn), ({ name }) =>
    Effect.map(copy(`${from}/pg_wal/${name}`, `${to}/pg_wal/${name}`), (file) => ({ path: `pg_wal/${name}`, ...file })),
  )
  const whole = [...copied, { path: control, ...state }, { path: "backup_label", ...marked }, ...log]
  return { postgres: version, endedAt: at, stopLsn: lsn, folders, files: whole }
})

/** The server itself, and what is made anew: the recognition's table. */
const notOfTheRest = /^(postgres(\.new|\.restoring)?|cache)$/

/**
 * What else lies in `DATA_DIR`: the server's password, secrets, and the journal, before the database: what waits in it is here
 * or already there, if not both, and is stored once. A file may get another name meanwhile, so that names are read again.
 */
const copyRest = Effect.fnUntraced(function* (from: string, to: string) {
  const find = below(from, (name) => notOfTheRest.test(name))
  const first = yield* find
  yield* makeFolders(to, first.folders)
  const kept = yield* copyAll(from, to, first.files)
  const second = yield* find
  const folders = second.folders.filter((path) => !first.folders.includes(path))
  yield* makeFolders(to, folders)
  const renamed = yield* copyAll(
    from,
    to,
    second.files.filter((path) => !first.files.includes(path)),
  )
  return { folders: [...first.folders, ...folders], files: [...kept, ...renamed] }
})

/**
 * Writes a backup of `DATA_DIR`, whose server `PgClient` is connected to by one session, to a folder that is not there yet
 * or is empty; when it fails, nothing is left.
 */
export const takeBackup = Effect.fn("takeBackup")(function* (dataDir: string, folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const there = Option.getOrElse(yield* ifThere(fs.readDirectory(folder)), () => [])
  if (there.length > 0)
    return yield* new Unusable({ what: `${folder} is not empty`, cure: "name a new folder for each backup" })
  if (!path.relative(dataDir, folder).startsWith(".."))
    return yield* new Unusable({ what: `${folder} lies in DATA_DIR`, cure: "keep backups elsewhere" })
  const part = `${path.resolve(folder)}.part`
  yield* fs.remove(part, { recursive: true, force: true })
  yield* fs.makeDirectory(`${part}/data/postgres`, { recursive: true, mode: 0o700 })
  return yield* Effect.gen(function* () {
    const rest = yield* copyRest(dataDir, `${part}/data`)
    const database = yield* copyDatabase(`${dataDir}/postgres`, `${part}/data/postgres`)
    const inPostgres = (path: string) => `postgres/${path}`
    const manifest: Manifest = {
      ...database,
      format: 1,
      folders: [...rest.folders, "postgres", ...database.folders.map(inPostgres)],
      files: [...rest.files, ...database.files.map((file) => ({ ...file, path: inPostgres(file.path) }))],
    }
    yield* writeManifest(part, manifest)
    yield* fs.rename(part, folder)
    return manifest
  }).pipe(Effect.onError(() => Effect.ignore(fs.remove(part, { recursive: true, force: true }))))
})
