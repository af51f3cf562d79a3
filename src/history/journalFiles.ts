/**
 * The journal's files, below `DATA_DIR/journal`:
 *
 *     <sequence>-<host>-<process id>-<random>.jsonl      in order of their names; each belongs to the process it names
 *
 * A process appends to its newest file, and reads and replaces those it has closed. Files of processes that are gone are
 * taken over by renaming: whose id no longer runs on this host, or who has not looked after them for a minute. A host is a
 * digest of its name: containers have names of their own, and each calls its first process 1. (Names once were without
 * one; that is this one then.) A record counts once it is on the disk; a line that a crash has torn is passed over.
 */
import { Clock, Duration, Effect, FileSystem, Option, Path, Schema, Semaphore } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { createHash, randomBytes } from "node:crypto"
import { hostname } from "node:os"
import type { SessionId } from "../domain/Turn.ts"
import { isAlive } from "../platform/isAlive.ts"
import { observeWaiting } from "./journalMetrics.ts"
import { type JournalRecord, lineOf, recordOf } from "./journalRecord.ts"

/** Not taken: there is no room, or the disk does not take it. */
export class JournalRefused extends Schema.TaggedError<JournalRefused>()("JournalRefused", {
  outcome: Schema.Literals(["full", "unwritable"]),
  reason: Schema.String,
}) {}

export interface JournalFiles {
  readonly append: (record: JournalRecord) => Effect.Effect<void, JournalRefused>
  /** Whether anything waits; also looks after the files, and for those of processes that are gone. */
  readonly waits: Effect.Effect<boolean, PlatformError>
  /** Names of files that nobody appends to any more, oldest first. */
  readonly closed: Effect.Effect<ReadonlyArray<string>, PlatformError>
  readonly read: (name: string) => Effect.Effect<ReadonlyArray<JournalRecord>, PlatformError>
  /** Puts these records in the place of the file's; without any the file is gone. */
  readonly replace: (name: string, records: ReadonlyArray<JournalRecord>) => Effect.Effect<void, PlatformError>
  /** Whether records of this session wait. */
  readonly holds: (sessionId: SessionId) => boolean
}

interface Held {
  readonly bytes: number
  readonly sessions: ReadonlySet<SessionId>
}

/** The last part is there while a file is being replaced. */
const named = /^(\d{15})-(?:([0-9a-f]{8})-)?(\d+)-([0-9a-f]{8})\.jsonl(\.new)?$/
const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8)
/** What is read at a time. */
const largest = 2 ** 20
const abandonedAfter = Duration.toMillis("1 minute")
const ours = { mode: 0o600 } as const

export const journalFiles = Effect.fnUntraced(function* (directory: string, most: number) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const at = (name: string) => path.join(directory, name)
  const held = new Map<string, Held>()
  let newest: string | null = null
  let sequence = 0
  const oneByOne = Semaphore.makeUnsafe(1).withPermits(1)

  const bytes = () => [...held.values()].reduce((sum, file) => sum + file.bytes, 0)
  const hold = (name: string, file: Held | null) =>
    Effect.suspend(() => {
      if (file === null) held.delete(name)
      else held.set(name, file)
      return observeWaiting(bytes())
    })
  const makeDirectory = fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
  /** Which files there are must be on the disk too. */
  const syncDirectory = Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (file) => file.sync))
  const write = (name: string, flag: "a" | "w", content: Uint8Array) =>
    Effect.scoped(
      Effect.flatMap(fs.open(at(name), { flag, ...ours }), (file) => Effect.andThen(file.writeAll(content), file.sync)),
    )
  /** Behind all others, whatever the clock does. */
  const nextName = Effect.map(Clock.currentTimeMillis, (now) => {
    sequence = Math.max(Math.floor(now), sequence + 1)
    return `${String(sequence).padStart(15, "0")}-${host}-${process.pid}-${randomBytes(4).toString("hex")}.jsonl`
  })

  const append = Effect.fnUntraced(function* (record: JournalRecord) {
    const line = Buffer.from(yield* Effect.mapError(lineOf(record), () => refused("unwritable", "not JSON")))
    if (bytes() + line.length > most) return yield* refused("full", `more than ${most} bytes`)
    const room = newest !== null && (held.get(newest)?.bytes ?? 0) < largest
    const name: string = newest !== null && room ? newest : yield* nextName
    const before = held.get(name)
    yield* (before ? write(name, "a", line) : Effect.andThen(makeDirectory, write(name, "a", line))).pipe(
      Effect.andThen(before ? Effect.void : syncDirectory),
      Effect.mapError(({ message }) => refused("unwritable", message)),
      // Nothing is written behind a line that may be torn.
      Effect.tapError(() => Effect.sync(() => (newest = null))),
    )
    newest = name
    yield* hold(name, {
      bytes: (before?.bytes ?? 0) + line.length,
      sessions: new Set(before?.sessions).add(record.sessionId),
    })
  })

  const read = Effect.fnUntraced(function* (name: string) {
    // One that another process has taken over meanwhile is read there.
    const content = fs
      .readFileString(at(name))
      .pipe(Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed("")))
    const lines = (yield* content).split("\n").filter((line) => line !== "")
    const records = (yield* Effect.forEach(lines, recordOf)).flatMap(Option.toArray)
    const torn = lines.length - records.length
    if (torn > 0) yield* Effect.logWarning("journal records not readable", { file: name, lines: torn })
    return records
  })

  const isAbandoned = Effect.fnUntraced(function* (name: string, where: string, pid: number) {
    if (where === host && (pid === process.pid || !isAlive(pid))) return true
    const { mtime } = yield* fs.stat(at(name))
    const now = yield* Clock.currentTimeMillis
    return Option.exists(mtime, (time) => now - time.getTime() > abandonedAfter)
  })
  const takeOver = Effect.fnUntraced(function* (name: string) {
    const [, order = "", where = host, pid = "", random = "", half] = named.exec(name) ?? []
    if (!(yield* isAbandoned(name, where, Number(pid)))) return
    if (half !== undefined) return yield* fs.remove(at(name))
    const own = `${order}-${host}-${process.pid}-${random}.jsonl`
    yield* fs.rename(at(name), at(own))
    const records = yield* read(own)
    const { size } = yield* fs.stat(at(own))
    sequence = Math.max(sequence, Number(order))
    yield* hold(own, { bytes: Number(size), sessions: new Set(records.map(({ sessionId }) => sessionId)) })
    yield* Effect.logInfo("journal taken over", { file: own, records: records.length })
  })

  const waits = Effect.gen(function* () {
    const names = (yield* fs.exists(directory)) ? yield* fs.readDirectory(directory) : []
    const others = names.filter((name) => named.test(name) && !held.has(name))
    // Whoever else is at it was quicker.
    yield* Effect.forEach(others, (name) => Effect.ignore(takeOver(name)), { discard: true })
    const now = (yield* Clock.currentTimeMillis) / 1000
    yield* Effect.forEach(held.keys(), (name) => Effect.ignore(fs.utimes(at(name), now, now)), { discard: true })
    return held.size > 0
  })
  const closed = Effect.map(waits, () => {
    newest = null
    return [...held.keys()].sort()
  })

  const replace = Effect.fnUntraced(function* (name: string, records: ReadonlyArray<JournalRecord>) {
    if (records.length === 0) {
      yield* fs.remove(at(name), { force: true })
      return yield* hold(name, null)
    }
    const lines = yield* Effect.orDie(Effect.forEach(records, lineOf))
    const content = Buffer.from(lines.join(""))
    yield* write(`${name}.new`, "w", content)
    yield* fs.rename(at(`${name}.new`), at(name))
    yield* syncDirectory
    yield* hold(name, { bytes: content.length, sessions: new Set(records.map(({ sessionId }) => sessionId)) })
  })

  return {
    append: (record) => Effect.uninterruptible(oneByOne(append(record))),
    waits: oneByOne(waits),
    closed: oneByOne(closed),
    read,
    replace: (name, records) => Effect.uninterruptible(replace(name, records)),
    holds: (sessionId) => [...held.values()].some(({ sessions }) => sessions.has(sessionId)),
  } satisfies JournalFiles
})

const refused = (outcome: JournalRefused["outcome"], reason: string) => new JournalRefused({ outcome, reason })
