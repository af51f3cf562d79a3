import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Stream } from "effect"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import type { TurnRequest } from "../../src/chat/TurnContext.ts"
import { type Caller, UserId } from "../../src/domain/Turn.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { ask as asking, chatTurn, harmonizedSystem, historyInMemory, modelSaying, type Written } from "./TestRooms.ts"

const member: Caller = { _tag: "Member", userId: UserId.make("alice") }

const ask = (message: string, more: Partial<TurnRequest> = {}) => asking(member, { message, ...more })

const rooms = (written: Written, filter: string) =>
  chatTurn(modelSaying("답"), historyInMemory(written)).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ TRADE_FILTER: filter }))),
  )

const finish = (request: TurnRequest) =>
  Effect.flatMap(ChatTurn, (turns) => Effect.flatMap(turns.start(request), ({ events }) => Stream.runDrain(events)))

layer(harmonizedSystem)("the trade filter", (it) => {
  it.effect("refuses what is no trade question in the message's language, and records nothing of it", () => {
    const written: Written = { begun: [], completed: [] }
    return Effect.gen(function* () {
      for (const [message, language] of [
        ["오늘 날씨 어때", "ko"],
        ["tell me a joke", "en"],
      ] as const)
        assert.deepInclude(yield* Effect.flip(finish(ask(message))), { _tag: "NotTrade", language })
      assert.deepStrictEqual(written, { begun: [], completed: [] })
      yield* finish(ask("냉동 새우"))
      assert.strictEqual(written.completed.length, 1)
    }).pipe(Effect.provide(rooms(written, "on")))
  })

  it.effect("lets everything pass when it is off", () => {
    const written: Written = { begun: [], completed: [] }
    return Effect.gen(function* () {
      yield* finish(ask("오늘 날씨 어때"))
      assert.strictEqual(written.completed.length, 1)
    }).pipe(Effect.provide(rooms(written, "off")))
  })

  it.effect("lets an answer to the question that the last turn asked back pass, whatever its words", () => {
    const written: Written = { begun: [], completed: [] }
    return Effect.gen(function* () {
      const { question, recognize } = yield* HarmonizedSystem
      const product = ["장갑", "신발", "가방", "드레스", "gloves"].find((name) => question(recognize(name)) !== null)
      yield* finish(ask(product ?? ""))
      const { sessionId } = written.begun[0]!
      const unsure = "잘 모르겠어요, 추천해줘"
      assert.strictEqual((yield* Effect.flip(finish(ask(unsure))))._tag, "NotTrade")
      yield* finish(ask(unsure, { sessionId }))
      assert.include(written.completed[1]?.hscodeAnalysis?.product_name, product)
    }).pipe(Effect.provide(rooms(written, "on")))
  })
})
