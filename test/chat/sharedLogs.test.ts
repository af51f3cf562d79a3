/** Turns that two instances share through a Redis that fails. Skipped where it is not installed (`apt-get install redis-server`). */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { ConfigProvider, Context, Deferred, Effect, Fiber, Layer, Logger, Option, Schedule, Stream } from "effect"
import type { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import { type Caller, type TurnId, UserId } from "../../src/domain/Turn.ts"
import * as SharedState from "../../src/platform/SharedState.ts"
import { installed, keysAt, startRedis } from "../platform/TestRedis.ts"
import { only, wholeTurn } from "./contract.ts"
import { ask, chatTurn, harmonizedSystem, historyInMemory, modelStalling, modelWaiting } from "./TestRooms.ts"

const guest: Caller = { _tag: "Guest" }
const question = ask(guest)

const instance = (url: string, model: Layer.Layer<AnswerModel>) =>
  chatTurn(model, historyInMemory()).pipe(
    Layer.provide(SharedState.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ REDIS_URL: url }))),
    Layer.fresh,
    Layer.build,
    Effect.map((context) => Context.get(context, ChatTurn)),
  )

type Turns = ChatTurn["Service"]

/** The rest of a turn as an instance has it, asked for until it answers. */
const rest = (turns: Turns, turnId: TurnId, after: number) =>
  turns
    .resume(turnId, after, guest)
    .pipe(
      Effect.retry({ schedule: Schedule.spaced("50 millis"), while: ({ _tag }) => _tag !== "TurnForbidden" }),
      Effect.map(Option.match({ onNone: () => Stream.empty, onSome: ({ events }) => events })),
      Effect.flatMap(Stream.runCollect),
    )

/** The whole of a turn as a reader of that instance gets it who comes back until the end. */
const whole = (turns: Turns, turnId: TurnId, had: ReadonlyArray<string> = []): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(Effect.orDie(rest(turns, turnId, had.length)), (events) => {
    const all = [...had, ...events.map(({ data }) => data)]
    return events.at(-1)?.name === "stream_end" ? Effect.succeed(all) : whole(turns, turnId, all)
  })

/** Halts a process until it is told to go on, at the latest when the test is over. */
const halted = (pid: number) =>
  Effect.acquireRelease(
    Effect.sync(() => process.kill(pid, "SIGSTOP")),
    () => Effect.sync(() => process.kill(pid, "SIGCONT")),
  )

/** Done when somebody logs that. */
const logged = (text: string, seen: Deferred.Deferred<void>) =>
  Logger.layer([
    Logger.make(({ message }) => {
      if (String(message).includes(text)) Deferred.doneUnsafe(seen, Effect.void)
    }),
  ])

const untilFirstPiece = Stream.takeUntil<{ readonly name: string }>(({ name }) => name === "main_message_data")

layer(Layer.merge(harmonizedSystem, NodeServices.layer), { excludeTestServices: true })((it) => {
  describe.skipIf(!installed)("a turn of another instance (needs redis-server)", () => {
    it.effect("is whole although Redis did not answer for a while", () =>
      Effect.gen(function* () {
        const [go, missed] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        yield* Effect.gen(function* () {
          const { child, url } = yield* startRedis
          const [one, other] = [yield* instance(url, modelWaiting(go)), yield* instance(url, modelStalling)]
          const { events, turnId } = yield* one.start(question)
          yield* Stream.runDrain(untilFirstPiece(events))
          yield* halted(child.pid)
          yield* Deferred.succeed(go, undefined)
          const here = yield* whole(one, turnId)
          yield* Deferred.await(missed)
          process.kill(child.pid, "SIGCONT")
          assert.strictEqual(only(wholeTurn(here), "stream_end")[0]?.status, "completed")
          assert.deepStrictEqual(yield* whole(other, turnId), here)
        }).pipe(Effect.provide(logged("the turn stays with this instance", missed)))
      }),
    )

    it.effect("is forgotten on every instance with its member's data, also the copy in Redis", () =>
      Effect.gen(function* () {
        const { port, url } = yield* startRedis
        const [one, other] = [yield* instance(url, modelStalling), yield* instance(url, modelStalling)]
        const alice: Caller = { _tag: "Member", userId: UserId.make("alice") }
        const { events, turnId } = yield* one.start(ask(alice))
        yield* Stream.runDrain(untilFirstPiece(events))
        const state = (turns: Turns) =>
          turns.resume(turnId, 0, alice).pipe(
            Effect.as("there"),
            Effect.catch(({ _tag }) => Effect.succeed(_tag)),
          )
        const until = (turns: Turns, wanted: string) =>
          Effect.repeat(state(turns), { until: (found) => found === wanted, schedule: Schedule.spaced("20 millis") })
        yield* until(other, "there")
        const reading = yield* other
          .resume(turnId, 0, alice)
          .pipe(
            Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: (turn) => Stream.runDrain(turn.events) })),
            Effect.forkChild,
          )
        yield* other.forget(alice.userId, null)
        yield* Fiber.join(reading)
        yield* until(one, "TurnGone")
        assert.strictEqual(yield* state(other), "TurnGone")
        assert.notInclude(yield* keysAt(port), turnId)
      }),
    )

    it.effect("cannot be told from one that is gone while Redis is lost, and the next one can be stopped again", () =>
      Effect.gen(function* () {
        const { child, startAgain, url } = yield* startRedis
        const [one, other] = [yield* instance(url, modelStalling), yield* instance(url, modelStalling)]
        const { events, turnId } = yield* one.start(question)
        yield* Stream.runDrain(untilFirstPiece(events))
        yield* child.kill({ killSignal: "SIGKILL" })
        assert.strictEqual((yield* Effect.flip(other.resume(turnId, 0, guest)))._tag, "TurnUnreachable")
        assert.strictEqual((yield* Effect.flip(other.stop(turnId, guest)))._tag, "TurnUnreachable")
        yield* startAgain
        const next = yield* one.start(question)
        const stopping = Effect.ignore(other.stop(next.turnId, guest)).pipe(Effect.repeat(Schedule.spaced("50 millis")))
        const here = yield* Effect.raceFirst(whole(one, next.turnId), Effect.andThen(stopping, Effect.never))
        assert.strictEqual(only(wholeTurn(here), "stream_end")[0]?.status, "cancelled")
        assert.deepStrictEqual(yield* whole(other, next.turnId), here)
      }),
    )
  })
})
