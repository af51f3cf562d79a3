/** The order rules of a turn's events hold however its tasks, its readers and what fails fall together. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Option, References, Stream } from "effect"
import { TestClock } from "effect/testing"
import fc from "fast-check"
import { ChatTurn, type Turn } from "../../src/chat/ChatTurn.ts"
import { type Caller, UserId } from "../../src/domain/Turn.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { wholeTurn } from "./contract.ts"
import { roomsOf, type Schedule, schedule } from "./schedules.ts"
import { harmonizedSystem, type Written } from "./TestRooms.ts"

const cases = 1000
const member: Caller = { _tag: "Member", userId: UserId.make("alice") }
const guest: Caller = { _tag: "Guest" }

/** Reads as the reader's visits say, then to the end, each time behind the last event that it has. */
const read = (turn: Turn, { comes, visits }: Schedule["readers"][number], caller: Caller, written: Written) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const turns = yield* ChatTurn
    const more = (most: number) =>
      Effect.flatMap(turns.resume(turn.turnId, lines.length, caller), (rest) =>
        Option.match(rest, { onNone: () => Stream.empty, onSome: ({ events }) => events }).pipe(
          Stream.take(most),
          Stream.runForEach(({ data, name }) =>
            Effect.sync(() => {
              lines.push(data)
              if (name === "member_record_saved") assert.lengthOf(written.completed, 1, "saved before the commit")
            }),
          ),
        ),
      )
    yield* Effect.sleep(comes)
    for (const { away, events } of visits) yield* Effect.delay(more(events), away)
    yield* more(Number.POSITIVE_INFINITY)
    return lines
  })

/** Lets time pass until the turn has ended; at first it stands still, until all that began waits for it. */
const untilOver = ({ turnId }: Turn, caller: Caller, turns: ChatTurn["Service"]) =>
  Effect.gen(function* () {
    for (let second = 0; second < 200; second++) {
      if (Option.isNone(yield* turns.resume(turnId, 1_000_000, caller))) return
      if (second === 100) yield* turns.stop(turnId, caller)
      for (let step = 0; step < (second === 0 ? 500 : 10); step++) yield* Effect.yieldNow
      yield* TestClock.adjust("1 second")
    }
    assert.fail("the turn does not end")
  })

const takePlace = (plan: Schedule) => {
  const written: Written = { begun: [], completed: [] }
  const caller = plan.isMember ? member : guest
  const { language, message, readers, stop } = plan
  return Effect.gen(function* () {
    const turns = yield* ChatTurn
    const turn = yield* turns.start({ message, caller, sessionId: null, language, idempotencyKey: null })
    const reading = yield* Effect.forEach(readers, (reader) => Effect.forkChild(read(turn, reader, caller, written)))
    if (stop) {
      const end = stop.how === "drain" ? turns.drain : turns.stop(turn.turnId, caller)
      yield* Effect.forkChild(Effect.delay(end, stop.at))
    }
    yield* untilOver(turn, caller, turns)
    const whole = yield* turns.resume(turn.turnId, 0, caller).pipe(
      Effect.flatMap((rest) => Stream.runCollect(Option.getOrThrow(rest).events)),
      Effect.map((events) => events.map(({ data }) => data)),
    )
    wholeTurn(whole)
    yield* TestClock.adjust("1 minute")
    for (const reader of reading) {
      const exit = yield* Effect.suspend(() => Effect.fromNullishOr(reader.pollUnsafe()))
      assert.deepStrictEqual(yield* exit, whole)
    }
  }).pipe(
    Effect.provide(roomsOf(plan, written)),
    Effect.provide(TestClock.layer()),
    Effect.provide(Layer.succeed(References.MinimumLogLevel, "None")),
    Effect.provideService(References.MaxOpsBeforeYield, plan.stride),
  )
}

/** Milliseconds, for a machine that does other things as well. */
const patience = 120_000

layer(harmonizedSystem)("a turn", (it) => {
  it.effect(
    `keeps the order rules in ${cases} random schedules, and every reader gets the same bytes`,
    () =>
      Effect.gen(function* () {
        const hs = yield* HarmonizedSystem
        const holds = (plan: Schedule) =>
          Effect.runPromise(Effect.provideService(takePlace(plan), HarmonizedSystem, hs))
        yield* Effect.promise(() => fc.assert(fc.asyncProperty(schedule, holds), { numRuns: cases }))
      }),
    patience,
  )
})
