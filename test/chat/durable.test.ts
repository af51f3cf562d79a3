/** Turns that go on whoever reads them. */
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Fiber, Layer, Option, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { ChatTurn, type Turn } from "../../src/chat/ChatTurn.ts"
import { type Caller, TurnId, UserId } from "../../src/domain/Turn.ts"
import { wholeTurn } from "./contract.ts"
import {
  ask,
  chatTurn,
  empty,
  harmonizedSystem,
  historyInMemory,
  modelSaying,
  modelStalling,
  modelWaiting,
} from "./TestRooms.ts"

const guest: Caller = { _tag: "Guest" }
const [alice, bob] = ["alice", "bob"].map((name): Caller => ({ _tag: "Member", userId: UserId.make(name) })) as [
  Caller,
  Caller,
]

const dataOf = (events: Stream.Stream<{ readonly data: string }>) =>
  Effect.map(Stream.runCollect(events), (all) => all.map(({ data }) => data))
const untilFirstPiece = ({ events }: Turn) =>
  events.pipe(
    Stream.takeUntil(({ name }) => name === "main_message_data"),
    Stream.runCollect,
  )
const rest = (turnId: TurnId, after: number, caller: Caller) =>
  Effect.flatMap(ChatTurn, (turns) =>
    Effect.map(
      turns.resume(turnId, after, caller),
      Option.match({ onNone: () => Stream.empty, onSome: ({ events }) => events }),
    ),
  )
const statusOf = (data: ReadonlyArray<string>) => JSON.parse(data.at(-1) ?? "{}").status

layer(harmonizedSystem)("a turn", (it) => {
  it.effect("can be read again from any point, byte for byte, while it runs and after its end", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const turn = yield* (yield* ChatTurn).start(ask(guest))
        const first = yield* untilFirstPiece(turn)
        const resumed = yield* Effect.forkChild(dataOf(yield* rest(turn.turnId, first.length, guest)))
        const beside = yield* Effect.forkChild(dataOf(yield* rest(turn.turnId, 0, guest)))
        yield* Deferred.succeed(go, undefined)
        const whole = yield* Fiber.join(beside)
        assert.deepStrictEqual([...first.map(({ data }) => data), ...(yield* Fiber.join(resumed))], whole)
        for (let after = 0; after <= whole.length; after++) {
          assert.deepStrictEqual(yield* dataOf(yield* rest(turn.turnId, after, guest)), whole.slice(after))
        }
        const over = yield* (yield* ChatTurn).resume(turn.turnId, whole.length, guest)
        assert.isTrue(Option.isNone(over))
      }).pipe(Effect.provide(chatTurn(modelWaiting(go), historyInMemory(empty()))))
    }),
  )

  it.effect("goes on when its reader comes back in time", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        const turn = yield* (yield* ChatTurn).start(ask(guest))
        const first = yield* untilFirstPiece(turn)
        yield* TestClock.adjust("10 seconds")
        const resumed = yield* Effect.forkChild(dataOf(yield* rest(turn.turnId, first.length, guest)))
        yield* TestClock.adjust("1 minute")
        yield* Deferred.succeed(go, undefined)
        assert.strictEqual(statusOf(yield* Fiber.join(resumed)), "completed")
      }).pipe(Effect.provide(chatTurn(modelWaiting(go), historyInMemory(empty()))))
    }),
  )

  it.effect("of a member is nobody else's to read or to stop; a guest's is whoever's that knows its id", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const { events, turnId } = yield* turns.start(ask(alice))
      yield* Stream.runDrain(events)
      for (const other of [bob, guest]) {
        assert.strictEqual((yield* Effect.flip(turns.resume(turnId, 0, other)))._tag, "TurnForbidden")
        assert.strictEqual((yield* Effect.flip(turns.stop(turnId, other)))._tag, "TurnForbidden")
      }
      assert.isTrue(Option.isSome(yield* turns.resume(turnId, 0, alice)))
      const open = yield* turns.start(ask(guest))
      yield* Stream.runDrain(open.events)
      assert.isTrue(Option.isSome(yield* turns.resume(open.turnId, 0, bob)))
    }).pipe(Effect.provide(chatTurn(modelSaying("답"), historyInMemory(empty())))),
  )

  it.effect("is gone ten minutes after its end, and one that never was is gone too", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const { events, turnId } = yield* turns.start(ask(guest))
      yield* Stream.runDrain(events)
      yield* TestClock.adjust("9 minutes")
      assert.isTrue(Option.isSome(yield* turns.resume(turnId, 3, guest)))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Effect.flip(turns.resume(turnId, 3, guest)))._tag, "TurnGone")
      const never = TurnId.make("00000000-0000-4000-8000-000000000000")
      assert.strictEqual((yield* Effect.flip(turns.stop(never, guest)))._tag, "TurnGone")
    }).pipe(Effect.provide(chatTurn(modelSaying("답"), historyInMemory(empty())))),
  )

  it.effect("that is stopped keeps what was said as cancelled, and its buttons", () => {
    const written = empty()
    return Effect.gen(function* () {
      const turns = yield* ChatTurn
      const turn = yield* turns.start(ask(alice))
      const first = yield* untilFirstPiece(turn)
      yield* turns.stop(turn.turnId, alice)
      yield* turns.stop(turn.turnId, alice)
      const after = yield* dataOf(yield* rest(turn.turnId, first.length, alice))
      assert.strictEqual(statusOf(after), "cancelled")
      assert.isTrue(after.some((data) => data.includes('"finishReason":"cancelled"')))
      assert.deepInclude(written.completed[0], { content: "half ", status: "cancelled" })
      yield* turns.stop(turn.turnId, alice)
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory(written))))
  })

  it.effect("of a member is saved every two seconds as far as it is written", () => {
    const saved: Array<string> = []
    const history = Layer.effect(
      ChatHistory,
      Effect.map(ChatHistory, (inner) =>
        ChatHistory.of({ ...inner, save: (_, content) => Effect.sync(() => void saved.push(content)) }),
      ),
    ).pipe(Layer.provide(historyInMemory(empty())))
    return Effect.gen(function* () {
      const turns = yield* ChatTurn
      const turn = yield* turns.start(ask(alice))
      yield* untilFirstPiece(turn)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(saved, ["half ", "half "])
      yield* turns.stop(turn.turnId, alice)
    }).pipe(Effect.provide(chatTurn(modelStalling, history)))
  })
})

layer(harmonizedSystem)("a clock that goes back", (it) => {
  it.effect("leaves no time negative, and the turn is recorded with its analysis", () => {
    const written = empty()
    return Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(1_000_000)
        const { events } = yield* (yield* ChatTurn).start(ask({ _tag: "Member", userId: UserId.make("alice") }))
        const reading = yield* Effect.forkChild(
          Stream.runCollect(
            Stream.tap(events, ({ name }) =>
              name === "main_message_data"
                ? Effect.andThen(TestClock.setTime(1000), Deferred.succeed(go, undefined))
                : Effect.void,
            ),
          ),
        )
        const said = wholeTurn((yield* Fiber.join(reading)).map(({ data }) => data))
        for (const [name, value] of JSON.stringify(said).matchAll(/"(?:duration_ms|\w*[tT]ime|\w+_ms)":(-?[\d.]+)/g)) {
          assert.isAtLeast(Number(value), 0, name)
        }
        assert.isNotNull(written.completed[0]?.hscodeAnalysis)
        assert.isAtLeast(written.completed[0]?.metrics.task_execution.task_a.duration_ms ?? -1, 0)
      }).pipe(Effect.provide(chatTurn(modelWaiting(go), historyInMemory(written))))
    })
  })
})

layer(harmonizedSystem)("a retry with the same key", (it) => {
  it.effect("joins the turn, also at the same moment", () => {
    const written = empty()
    return Effect.gen(function* () {
      const turns = yield* ChatTurn
      const request = ask(alice, { idempotencyKey: "k" })
      const joining = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 20 }, () => Effect.flatMap(turns.start(request), ({ events }) => dataOf(events))),
          { concurrency: "unbounded" },
        ),
      )
      yield* TestClock.adjust("1 second")
      const joined = yield* Fiber.join(joining)
      assert.isTrue(joined.every((data) => JSON.stringify(data) === JSON.stringify(joined[0])))
      assert.deepStrictEqual([written.begun.length, written.completed.length], [1, 1])
      const other = yield* Effect.flip(turns.start({ ...request, message: "another question" }))
      assert.strictEqual(other._tag, "KeyReused")
      yield* Stream.runDrain((yield* turns.start({ ...request, caller: bob })).events)
      assert.strictEqual(written.begun.length, 2)
    }).pipe(Effect.provide(chatTurn(modelSaying("답"), historyInMemory(written))))
  })

  it.effect("asks anew when the first one was refused", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const request = ask(alice, { idempotencyKey: "k", message: "how do I bake bread at home?" })
      assert.strictEqual((yield* Effect.flip(turns.start(request)))._tag, "NotTrade")
      yield* Stream.runDrain((yield* turns.start({ ...request, message: "8517.13" })).events)
    }).pipe(
      Effect.provide(chatTurn(modelSaying("답"), historyInMemory(empty()))),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ TRADE_FILTER: "on" }))),
    ),
  )
})

layer(harmonizedSystem)("an instance", (it) => {
  it.effect("that has as many turns as it may refuses the next one", () =>
    Effect.gen(function* () {
      const turns = yield* ChatTurn
      const first = yield* turns.start(ask(guest))
      yield* turns.start(ask(guest))
      assert.deepInclude(yield* Effect.flip(turns.start(ask(guest))), { _tag: "TurnsRefused", reason: "busy" })
      yield* turns.stop(first.turnId, guest)
      yield* Stream.runDrain(first.events)
      yield* turns.start(ask(guest))
    }).pipe(
      Effect.provide(chatTurn(modelStalling, historyInMemory(empty()))),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ MAX_ACTIVE_TURNS: "2" }))),
    ),
  )

  it.effect("takes no more than it may although they are asked at the same moment", () =>
    Effect.gen(function* () {
      const asked = yield* Effect.all(
        Array.from({ length: 10 }, () => Effect.flatMap(ChatTurn, (turns) => turns.start(ask(guest)))),
        { concurrency: "unbounded", mode: "result" },
      )
      assert.lengthOf(asked.filter(Result.isSuccess), 2)
    }).pipe(
      Effect.provide(chatTurn(modelStalling, historyInMemory(empty()))),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ MAX_ACTIVE_TURNS: "2" }))),
    ),
  )

  it.effect("that shuts down takes no turn, waits for those that run, and records what it cut short as partial", () => {
    const written = empty()
    return Effect.gen(function* () {
      const turns = yield* ChatTurn
      const { events } = yield* turns.start(ask(alice))
      const reading = yield* Effect.forkChild(dataOf(events))
      const draining = yield* Effect.forkChild(turns.drain)
      yield* TestClock.adjust("19 seconds")
      assert.isFalse(yield* turns.isOpen)
      assert.deepInclude(yield* Effect.flip(turns.start(ask(guest))), { _tag: "TurnsRefused", reason: "draining" })
      assert.deepStrictEqual(written.completed, [])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(draining)
      assert.strictEqual(statusOf(yield* Fiber.join(reading)), "partial")
      assert.deepInclude(written.completed[0], { content: "half ", status: "partial" })
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory(written))))
  })
})
