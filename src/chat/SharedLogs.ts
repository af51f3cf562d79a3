/**
 * Copies of turns in Redis, so that another instance can serve the rest of one: its events as a stream, whose it is, and
 * which instance runs it. Shipped behind the turn's back: Redis that is slow or gone leaves the turn with its own instance.
 *
 *     turn:{id}            hash: owner, instance          turn:{id}:followed    there while somebody reads it elsewhere
 *     turn:{id}:events     stream: <sequence>-0 → n, d    instance:<id>         there while the instance lives
 */
import { Clock, Duration, Effect, Option, Queue, Schedule, Stream } from "effect"
import { Redis } from "effect/persistence"
import { randomUUID } from "node:crypto"
import type { ChatEventBody } from "../domain/ChatEvent.ts"
import type { TurnId } from "../domain/Turn.ts"
import { lostTurn } from "./lostTurn.ts"
import type { LoggedEvent, TurnLog } from "./TurnLog.ts"

export interface SharedReading {
  readonly owner: string
  readonly isOver: (after: number) => Effect.Effect<boolean>
  readonly follow: (after: number) => Stream.Stream<LoggedEvent>
}

export interface SharedLogs {
  /** Ships the log until its end. */
  readonly write: (turnId: TurnId, owner: string, log: TurnLog) => Effect.Effect<void>
  readonly read: (turnId: TurnId) => Effect.Effect<SharedReading | null>
  /** Whether somebody reads the turn on another instance. */
  readonly isFollowed: (turnId: TurnId) => Effect.Effect<boolean>
  /** Asks whichever instance runs the turn to stop it. */
  readonly stop: (turnId: TurnId) => Effect.Effect<void>
  readonly stops: Stream.Stream<string>
}

const patience = "1 second"
const longestTurn = Duration.toMillis("1 hour")
const pollEvery = "100 millis"
const livesFor = Duration.toMillis("10 seconds")
const batch = "500"
const channel = "turn-stops"

const keysOf = (turnId: string) => ({
  turn: `turn:{${turnId}}`,
  events: `turn:{${turnId}}:events`,
  followed: `turn:{${turnId}}:followed`,
})

type Entry = readonly [id: string, fields: ReadonlyArray<string>]

const eventOf = ([id, fields]: Entry): LoggedEvent => ({
  sequence: Number.parseInt(id, 10),
  name: (fields[1] ?? "") as ChatEventBody["eventType"],
  data: fields[3] ?? "",
})

export const makeSharedLogs = Effect.fnUntraced(function* (redis: Redis.Redis["Service"], readable: Duration.Duration) {
  const instance = randomUUID()
  const send = <A = unknown>(command: string, ...args: ReadonlyArray<string>) =>
    redis.send<A>(command, ...args).pipe(Effect.timeout(patience))
  const alive = send("SET", `instance:${instance}`, "", "PX", `${livesFor}`)
  yield* Effect.ignore(alive).pipe(Effect.repeat(Schedule.spaced("3 seconds")), Effect.forkScoped)
  yield* Effect.addFinalizer(() => Effect.ignore(send("DEL", `instance:${instance}`)))

  const write: SharedLogs["write"] = (turnId, owner, log) => {
    const { events, turn } = keysOf(turnId)
    const keepFor = (milliseconds: number) =>
      Effect.forEach([turn, events], (key) => send("PEXPIRE", key, `${milliseconds}`), { discard: true })
    const ship = (chunk: ReadonlyArray<LoggedEvent>) =>
      Effect.forEach(chunk, ({ data, name, sequence }) => send("XADD", events, `${sequence}-0`, "n", name, "d", data), {
        concurrency: "unbounded",
        discard: true,
      }).pipe(Effect.tap(() => (chunk[0]?.sequence === 1 ? keepFor(longestTurn) : Effect.void)))
    return send("HSET", turn, "owner", owner, "instance", instance).pipe(
      Effect.andThen(Stream.runForEachArray(log.copy(0), ship)),
      Effect.andThen(keepFor(Duration.toMillis(readable))),
      Effect.catch((error) => Effect.logWarning("the turn stays with this instance", { turnId, error: error._tag })),
      Effect.andThen(log.whenEnded),
    )
  }

  const last = (turnId: TurnId) =>
    Effect.map(
      send<ReadonlyArray<Entry> | null>("XREVRANGE", keysOf(turnId).events, "+", "-", "COUNT", "1"),
      (entries) => Option.map(Option.fromNullishOr(entries?.[0]), eventOf),
    )

  const follow = (turnId: TurnId, runner: string) => (after: number) => {
    const { events, followed } = keysOf(turnId)
    type Page = readonly [ReadonlyArray<LoggedEvent>, Option.Option<number>]
    const next = (at: number): Effect.Effect<Page> =>
      Effect.gen(function* () {
        const found =
          (yield* send<ReadonlyArray<Entry> | null>("XRANGE", events, `(${at}-0`, "+", "COUNT", batch)) ?? []
        const page = found.map(eventOf)
        const end = page.at(-1)
        if (end) return [page, end.name === "stream_end" ? Option.none() : Option.some(end.sequence)] as Page
        yield* send("SET", followed, "", "PX", `${livesFor}`)
        if ((yield* send<number>("EXISTS", `instance:${runner}`)) === 0) {
          return [lostTurn(at, yield* Clock.currentTimeMillis), Option.none()] as Page
        }
        return yield* Effect.delay(next(at), pollEvery)
      }).pipe(Effect.catch(() => Effect.succeed<Page>([[], Option.none()])))
    return Stream.paginate(after, next)
  }

  return {
    write,
    read: (turnId) =>
      send<ReadonlyArray<string | null>>("HMGET", keysOf(turnId).turn, "owner", "instance").pipe(
        Effect.map(([owner, runner]) =>
          typeof owner === "string" && typeof runner === "string"
            ? {
                owner,
                follow: follow(turnId, runner),
                isOver: (after: number) =>
                  Effect.match(last(turnId), {
                    onFailure: () => false,
                    onSuccess: Option.exists(({ name, sequence }) => name === "stream_end" && after >= sequence),
                  }),
              }
            : null,
        ),
        Effect.orElseSucceed(() => null),
      ),
    isFollowed: (turnId) =>
      send<number>("EXISTS", keysOf(turnId).followed).pipe(
        Effect.match({ onFailure: () => false, onSuccess: (count) => count > 0 }),
      ),
    stop: (turnId) => Effect.ignore(send("PUBLISH", channel, turnId)),
    stops: Stream.unwrap(
      Effect.map(redis.subscribe(channel), (queue) =>
        Stream.fromEffectRepeat(Queue.take(queue)).pipe(
          Stream.map(({ message }) => message),
          Stream.catch(() => Stream.empty),
        ),
      ),
    ),
  } satisfies SharedLogs
})
