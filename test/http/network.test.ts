/** Readers on a network that breaks while the answer is still being written: every event once, in order, whatever is lost. */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import type { TurnEvent } from "../../src/client/index.ts"
import { only, wholeTurn } from "../chat/contract.ts"
import {
  chatTurn,
  harmonizedSystem,
  historyInMemory,
  modelSaying,
  modelStalling,
  modelWaiting,
} from "../chat/TestRooms.ts"
import { clientOf, readAll } from "../client/reading.ts"
import { type CuttingProxy, cuttingProxy } from "./CuttingProxy.ts"
import { edge } from "./Edge.ts"
import { askByFetchEventSource } from "./fetchEventSource.ts"
import { baseUrl } from "./TestService.ts"

const message = "8517.13 스마트폰 관세율"

const serviceOf = (model: Layer.Layer<AnswerModel>) => {
  const history = historyInMemory()
  const variables = { RATE_LIMIT_GUEST: "off" }
  return edge(variables, history, chatTurn(model, history)).pipe(Layer.provide(harmonizedSystem))
}

/** The same model, and how often it was asked. */
const counted = (model: Layer.Layer<AnswerModel>) => {
  const asked = { count: 0 }
  const counting = Layer.effect(
    AnswerModel,
    Effect.map(AnswerModel, ({ answer }) => ({ answer: (grounding) => (asked.count++, answer(grounding)) })),
  )
  return { asked, model: counting.pipe(Layer.provide(model)) }
}

const assertAnswered = (lines: ReadonlyArray<string>, status = "completed") => {
  const events = wholeTurn(lines)
  assert.strictEqual(only(events, "stream_end")[0]?.status, status)
  return only(events, "main_message_complete")[0]?.fullContent
}

/** Reads a turn by our client; its `data` lines. */
const linesOf = (turn: Parameters<typeof readAll>[0], each: (event: TurnEvent) => void = () => {}) =>
  Effect.promise(async () => {
    const lines: Array<string> = []
    await readAll(turn, (event) => {
      lines.push(JSON.stringify(event))
      each(event)
    })
    return lines
  })

/** The browser's fetch; the network is up again at the nth call that fails. */
const upAfter = (failures: number, network: CuttingProxy) => {
  const refused = { count: 0 }
  const attempt = async (url: string, init: RequestInit) => {
    try {
      return await fetch(url, init)
    } catch (error) {
      refused.count += 1
      if (refused.count === failures) await network.up()
      throw error
    }
  }
  return { refused, fetch: attempt }
}

/** The answer's first piece, told and not yet said. */
const midPiece = /event: main_message_data\ndata: \{/

it.live("a turn that runs is read on where it was cut, in the middle of an event, again and again", () =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    const { asked, model } = counted(modelWaiting(go))
    const goOn = (event: string) => event === "main_message_data" && Deferred.doneUnsafe(go, Effect.void)
    yield* Effect.gen(function* () {
      const base = yield* baseUrl
      const [ours, theirs] = [
        yield* cuttingProxy(base, { after: midPiece, cuts: 3 }),
        yield* cuttingProxy(base, { after: midPiece, cuts: 3 }),
      ]
      const turn = clientOf(ours.url).chat.send({ message }, { idempotencyKey: "one question" })
      yield* Effect.promise(() => turn.turnId)
      const [own, other] = yield* Effect.all(
        [
          linesOf(turn, ({ eventType }) => goOn(eventType)),
          askByFetchEventSource(theirs.url, { message, headers: { "idempotency-key": "one question" }, each: goOn }),
        ],
        { concurrency: "unbounded" },
      )
      assert.strictEqual(assertAnswered(own), "first second")
      assert.deepStrictEqual(other, own)
      assert.deepStrictEqual([ours.cuts(), theirs.cuts(), asked.count], [3, 3, 1])
    }).pipe(Effect.provide(serviceOf(model)))
  }).pipe(Effect.scoped),
)

it.live("wherever its connection is cut, a question is asked once and read whole", () => {
  const { asked, model } = counted(modelSaying("스마트폰은 ", "8517.13호에 ", "들어갑니다. ", "📱"))
  return Effect.gen(function* () {
    const base = yield* baseUrl
    const head = 20
    const places = [
      ...Array.from({ length: head }, (_, n) => n * 25),
      ...Array.from({ length: 40 }, (_, n) => 500 + n * 211),
    ]
    yield* Effect.forEach(
      places,
      (after) =>
        Effect.gen(function* () {
          const { cuts, url } = yield* cuttingProxy(base, { after, cuts: 2 })
          const lines = yield* linesOf(clientOf(url).chat.send({ message }))
          assert.strictEqual(assertAnswered(lines), "스마트폰은 8517.13호에 들어갑니다. 📱")
          assert.isAtLeast(cuts(), 1)
        }).pipe(Effect.scoped),
      { discard: true },
    )
    assert.strictEqual(asked.count, places.length)
  }).pipe(Effect.provide(serviceOf(model)))
})

it.live("a turn goes on for a reader whose network was down for a while", () =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    yield* Effect.gen(function* () {
      const network = yield* cuttingProxy(yield* baseUrl, { after: 0, cuts: 0 })
      const { fetch, refused } = upAfter(4, network)
      const turn = clientOf(network.url, { fetch }).chat.send({ message })
      const lines = yield* linesOf(turn, ({ eventType }) => {
        if (eventType !== "main_message_data" || refused.count > 0) return
        network.down()
        Deferred.doneUnsafe(go, Effect.void)
      })
      assert.strictEqual(assertAnswered(lines), "first second")
      assert.strictEqual(refused.count, 4)
    }).pipe(Effect.provide(serviceOf(modelWaiting(go))))
  }).pipe(Effect.scoped),
)

it.live("a stop that is said while the network is down arrives, and the end comes to its reader", () =>
  Effect.gen(function* () {
    const network = yield* cuttingProxy(yield* baseUrl, { after: 0, cuts: 0 })
    const { fetch, refused } = upAfter(4, network)
    const turn = clientOf(network.url, { fetch }).chat.send({ message })
    let stopped: Promise<void> | null = null
    const lines = yield* linesOf(turn, ({ eventType }) => {
      if (eventType !== "main_message_data" || stopped) return
      network.down()
      stopped = turn.stop()
    })
    yield* Effect.promise(async () => stopped)
    assert.strictEqual(assertAnswered(lines, "cancelled"), "half ")
    assert.isAtLeast(refused.count, 4)
  }).pipe(Effect.provide(serviceOf(modelStalling))),
)

it.live("a reader that was cut behind the last event is not kept coming back", () =>
  Effect.gen(function* () {
    const last = /event: stream_end\ndata: .*\nid: .*\n\n/
    const { cuts, url } = yield* cuttingProxy(yield* baseUrl, { after: last, cuts: 1 })
    const lines = yield* askByFetchEventSource(url, { message, headers: { "idempotency-key": "one question" } })
    assert.strictEqual(assertAnswered(lines), "an answer")
    assert.strictEqual(cuts(), 1)
  }).pipe(Effect.provide(serviceOf(modelSaying("an answer")))),
)
