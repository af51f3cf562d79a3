/**
 * Copies of turns in Redis, so that another instance can serve the rest of one: its events as a stream, whose it is, and
 * which instance runs it. Shipped behind the turn's back: Redis that is slow or gone leaves the turn with its own instance.
 *
 *     turn:{id}            hash: owner, instance, lost    turn:{id}:followed    there while somebody reads it elsewhere
 *     turn:{id}:events     stream, see `fieldsOf`         instance:<id>         there while the instance lives
 *     turns:<owner>        a member's turns of the last hour by time, each with a digest of its session, to be forgotten by
 */
import { type Cause, Clock, Duration, Effect, Option, Queue, Schedule, Stream } from "effect"
import { Redis } from "effect/persistence"
import { randomUUID } from "node:crypto"
import type { ChatEventBody } from "../domain/ChatEvent.ts"
import { digestOf } from "../domain/digestOf.ts"
import type { SessionId, TurnId } from "../domain/Turn.ts"
import { lostTurn } from "./lostTurn.ts"
import type { LoggedEvent, TurnLog } from "./TurnLog.ts"

/** Redis did not answer, or not in time. */
type Silent = Redis.RedisError | Cause.TimeoutError

export interface SharedReading {
  readonly owner: string
  readonly isOver: (after: number) => Effect.Effect<boolean>
  readonly follow: (after: number) => Stream.Stream<LoggedEvent>
}

export interface SharedLogs {
  /** Ships the log until its end; what Redis missed is shipped when it answers again, as long as the log is kept. */
  readonly write: (turnId: TurnId, owner: string, sessionId: SessionId | null, log: TurnLog) => Effect.Effect<void>
  readonly read: (turnId: TurnId) => Effect.Effect<SharedReading | null, Silent>
  /** Whether somebody reads the turn on another instance. */
  readonly isFollowed: (turnId: TurnId) => Effect.Effect<boolean>
  /** Takes away a turn's copy. */
  readonly remove: (turnId: string) => Effect.Effect<void, Silent>
  /** Asks whichever instance runs the turn to stop it. */
  readonly stop: (turnId: TurnId) => Effect.Effect<void, Silent>
  readonly stops: Stream.Stream<string>
  /** Removes the copies of an owner's turns, of one session or all, and tells the instances that have them. */
  readonly forget: (owner: string, sessionId: SessionId | null) => Effect.Effect<void>
  readonly forgets: Stream.Stream<string>
}

const patience = "1 second"
const longestTurn = Duration.toMillis("1 hour")
const pollEvery = "100 millis"
const livesFor = Duration.toMillis("10 seconds")
const entriesAtOnce = "16"
/** When to try to ship again: ever more rarely, so that a dead Redis costs next to nothing. */
const again = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]).pipe(Schedule.jittered)
const channels = { stops: "turn-stops", forgets: "turn-forgets" }

const keysOf = (turnId: string) => ({
  turn: `turn:{${turnId}}`,
  events: `turn:{${turnId}}:events`,
  followed: `turn:{${turnId}}:followed`,
})

const turnsOf = (owner: string) => `turns:${owner}`

/** Field of a turn's hash: some reader was told of its loss in events up to this one. */
const lostAt = (sequence: number): string => `lost:${sequence}`

type Entry = readonly [id: string, fields: ReadonlyArray<string>]

/** Events that were there together are one entry, whose id has the last one's sequence: `<sequence> <name>`, data, and so on. */
const fieldsOf = (events: ReadonlyArray<LoggedEvent>): ReadonlyArray<string> =>
  events.flatMap(({ data, name, sequence }) => [`${sequence} ${name}`, data])

const eventsOf = ([, fields]: Entry): ReadonlyArray<LoggedEvent> =>
  Array.from({ length: fields.length / 2 }, (_, i) => {
    const [sequence, name] = fields[2 * i]!.split(" ")
    return { sequence: Number(sequence), name: name as ChatEventBody["eventType"], data: fields[2 * i + 1]! }
  })

export const makeSharedLogs = Effect.fnUntraced(function* (redis: Redis.Redis["Service"], readable: Duration.Duration) {
  const instance = randomUUID()
  const send = <A = unknown>(command: string, ...args: ReadonlyArray<string>) =>
    redis.send<A>(command, ...args).pipe(Effect.timeout(patience))
  const alive = send("SET", `instance:${instance}`, "", "PX", `${livesFor}`)
  yield* Effect.ignore(alive).pipe(Effect.repeat(Schedule.spaced("3 seconds")), Effect.forkScoped)
  yield* Effect.addFinalizer(() => Effect.ignore(send("DEL", `instance:${instance}`)))

  const keepFor = (turnId: TurnId, milliseconds: number) => {
    const { events, turn } = keysOf(turnId)
    return Effect.forEach([turn, events], (key) => send("PEXPIRE", key, `${milliseconds}`), { discard: true })
  }
  const remove = (turnId: string) =>
    Effect.forEach(Object.values(keysOf(turnId)), (key) => send("DEL", key), { discard: true })

  const last = (turnId: TurnId) =>
    Effect.map(
      send<ReadonlyArray<Entry> | null>("XREVRANGE", keysOf(turnId).events, "+", "-", "COUNT", "1"),
      (entries) => Option.fromNullishOr((entries ?? []).flatMap(eventsOf).at(-1)),
    )

  const write: SharedLogs["write"] = (turnId, owner, sessionId, log) => {
    const { events, turn } = keysOf(turnId)
    const filed = (session: SessionId) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* send("ZADD", turnsOf(owner), `${now}`, `${turnId} ${digestOf(session)}`)
        yield* send("ZREMRANGEBYSCORE", turnsOf(owner), "-inf", `${now - longestTurn}`)
        yield* send("PEXPIRE", turnsOf(owner), `${longestTurn}`)
      })
    const ship = (chunk: readonly [LoggedEvent, ...ReadonlyArray<LoggedEvent>]) =>
      send("XADD", events, `${chunk.at(-1)?.sequence}-0`, ...fieldsOf(chunk))
    const shipFrom = (after: number) =>
      send("HSET", turn, "owner", owner, "instance", instance).pipe(
        Effect.andThen(send("PEXPIRE", turn, `${longestTurn}`)),
        Effect.andThen(sessionId === null ? Effect.void : filed(sessionId)),
        Effect.andThen(
          Stream.runForEachArray(log.copy(after), (chunk) =>
            Effect.andThen(
              ship(chunk),
              chunk[0].sequence === after + 1 ? send("PEXPIRE", events, `${longestTurn}`) : Effect.void,
            ),
          ),
        ),
        Effect.andThen(keepFor(turnId, Duration.toMillis(readable))),
      )
    const shipRest = Effect.andThen(alive, last(turnId)).pipe(
      Effect.map(Option.match({ onNone: () => 0, onSome: ({ sequence }) => sequence })),
      Effect.flatMap(shipFrom),
    )
    return shipFrom(0).pipe(
      Effect.tapError(({ _tag }) => Effect.logWarning("the turn stays with this instance", { turnId, error: _tag })),
      Effect.catch(() => Effect.retry(Effect.andThen(Effect.sleep(patience), shipRest), again)),
      Effect.ignore,
    )
  }

  const isOver = (turnId: TurnId, after: number) =>
    Effect.flatMap(last(turnId), (kept) =>
      Option.exists(kept, ({ name, sequence }) => name === "stream_end" && after >= sequence)
        ? Effect.succeed(true)
        : Effect.map(send<number>("HEXISTS", keysOf(turnId).turn, lostAt(after)), (found) => found > 0),
    )

  const follow = (turnId: TurnId, runner: string) => (after: number) => {
    const { events, followed, turn } = keysOf(turnId)
    type Page = readonly [ReadonlyArray<LoggedEvent>, Option.Option<number>]
    const next = (at: number): Effect.Effect<Page> =>
      Effect.gen(function* () {
        const found = yield* send<ReadonlyArray<Entry> | null>(
          "XRANGE",
          events,
          `(${at}-0`,
          "+",
          "COUNT",
          entriesAtOnce,
        )
        const page = (found ?? []).flatMap(eventsOf).filter(({ sequence }) => sequence > at)
        const end = page.at(-1)
        if (end) return [page, end.name === "stream_end" ? Option.none() : Option.some(end.sequence)] as Page
        if ((yield* send<number>("EXISTS", turn)) === 0) return [[], Option.none()] as Page
        yield* send("SET", followed, "", "PX", `${livesFor}`)
        if ((yield* send<number>("EXISTS", `instance:${runner}`)) === 0) {
          const lost = lostTurn(at, yield* Clock.currentTimeMillis)
          yield* send("HSET", turn, lostAt(lost.at(-1)?.sequence ?? at), "")
          yield* keepFor(turnId, Duration.toMillis(readable))
          return [lost, Option.none()] as Page
        }
        return yield* Effect.delay(next(at), pollEvery)
      }).pipe(Effect.catch(() => Effect.succeed<Page>([[], Option.none()])))
    return Stream.paginate(after, next)
  }

  const heard = (channel: string) =>
    Stream.unwrap(Effect.map(redis.subscribe(channel), (queue) => Stream.fromEffectRepeat(Queue.take(queue)))).pipe(
      Stream.map(({ message }) => message),
      Stream.retry(Schedule.spaced(patience)),
      Stream.catch(() => Stream.empty),
    )

  return {
    write,
    read: (turnId) =>
      send<ReadonlyArray<string | null>>("HMGET", keysOf(turnId).turn, "owner", "instance").pipe(
        Effect.map(([owner, runner]) =>
          typeof owner === "string" && typeof runner === "string"
            ? {
                owner,
                follow: follow(turnId, runner),
                isOver: (after: number) => Effect.orElseSucceed(isOver(turnId, after), () => false),
              }
            : null,
        ),
      ),
    isFollowed: (turnId) =>
      send<number>("EXISTS", keysOf(turnId).followed).pipe(
        Effect.match({ onFailure: () => false, onSuccess: (count) => count > 0 }),
      ),
    remove,
    stop: (turnId) => Effect.asVoid(send("PUBLISH", channels.stops, turnId)),
    stops: heard(channels.stops),
    forget: (owner, sessionId) =>
      Effect.gen(function* () {
        const filed = yield* send<ReadonlyArray<string>>("ZRANGE", turnsOf(owner), "0", "-1")
        const meant = filed.filter((entry) => sessionId === null || entry.endsWith(` ${digestOf(sessionId)}`))
        for (const entry of meant) {
          const turnId = entry.split(" ")[0] ?? ""
          yield* send("PUBLISH", channels.forgets, turnId)
          yield* remove(turnId)
          yield* send("ZREM", turnsOf(owner), entry)
        }
      }).pipe(Effect.catch(({ _tag }) => Effect.logWarning("copies of turns not forgotten", { error: _tag }))),
    forgets: heard(channels.forgets),
  } satisfies SharedLogs
})
