import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import type { TurnRequest } from "../../src/chat/TurnContext.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import { type Caller, SessionId, UserId } from "../../src/domain/Turn.ts"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { ChatHistory, RecordPostponed } from "../../src/history/ChatHistory.ts"
import { at, models } from "../answer/asking.ts"
import { answering, providerServer, wires } from "../answer/ProviderServer.ts"
import { only, wholeTurn } from "./contract.ts"
import {
  ask,
  chatTurn,
  empty,
  harmonizedSystem,
  historyInMemory,
  historyLost,
  modelFailing,
  modelSaying,
  modelStalling,
  noSchedules,
} from "./TestRooms.ts"

const member: Caller = { _tag: "Member", userId: UserId.make("alice") }
const guest: Caller = { _tag: "Guest" }

const eventsOf = (request: TurnRequest) =>
  Effect.gen(function* () {
    const turn = yield* (yield* ChatTurn).start(request)
    return wholeTurn((yield* Stream.runCollect(turn.events)).map(({ data }) => data))
  })

layer(harmonizedSystem)("a turn", (it) => {
  it.effect("tells its events in order, numbered without a gap, from the metadata to the end", () =>
    Effect.gen(function* () {
      const written = empty()
      const events = yield* eventsOf(ask(member)).pipe(
        Effect.provide(chatTurn(modelSaying("스마", "트폰"), historyInMemory(written))),
      )
      const names = events.map(({ eventType }) => eventType)
      assert.deepStrictEqual(names.slice(0, 2), ["initial_metadata", "session_info"])
      assert.deepStrictEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, index) => index + 1),
      )
      assert.strictEqual(names.at(-1), "stream_end")
      assert.strictEqual(
        only(events, "main_message_data")
          .map(({ content }) => content)
          .join(""),
        "스마트폰",
      )
      assert.strictEqual(only(events, "main_message_complete")[0]?.fullContent, "스마트폰")
      assert.deepStrictEqual(
        only(events, "detail_page_button_ready").map(({ priority }) => priority),
        [1, 2, 3],
      )
      assert.isBelow(names.indexOf("main_message_start"), names.indexOf("main_message_data"))
      assert.isBelow(names.indexOf("detail_page_buttons_start"), names.indexOf("detail_page_button_ready"))
      const progress = events.flatMap((event) => ("progress" in event ? [event.progress] : []))
      assert.deepStrictEqual(
        progress,
        [...progress].sort((a, b) => a - b),
      )
    }),
  )

  it.effect("records a member's question and answer with all that was found, and says so once it is written", () =>
    Effect.gen(function* () {
      const written = empty()
      const events = yield* eventsOf(ask(member)).pipe(
        Effect.provide(chatTurn(modelSaying("답"), historyInMemory(written))),
      )
      assert.strictEqual(written.begun[0]?.message, "8517.13 관세율")
      const record = written.completed[0]
      assert.deepInclude(record, { content: "답", status: "completed", model: "test" })
      assert.strictEqual(record?.hscodeAnalysis?.detected_hscode, "8517.13")
      assert.strictEqual(record?.hscodeAnalysis?.detail_buttons.length, 3)
      assert.strictEqual(record?.bookmark?.target_value, "8517.13")
      assert.strictEqual(only(events, "member_session_created").length, 1)
      assert.strictEqual(only(events, "member_record_saved")[0]?.messageId, "1")
      const end = only(events, "stream_end")[0]
      assert.strictEqual(end?.status, "completed")
      assert.strictEqual(end?.parallelTaskMetrics.task_execution.task_c.messages_saved, 2)
    }),
  )

  it.effect("names the model that answered and its tokens to the reader and in the record", () =>
    Effect.gen(function* () {
      const [, openai] = wires
      const { url, exchanges } = yield* providerServer(
        answering(openai, "스마트폰은 8517.13, ", "예전에는 8517.12였습니다"),
      )
      const written = empty()
      const rooms = chatTurn(models(at(openai, url)), historyInMemory(written))
      yield* Effect.gen(function* () {
        const events = yield* eventsOf(ask(member))
        assert.deepInclude(only(events, "main_message_complete")[0], {
          fullContent: "스마트폰은 8517.13, 예전에는 8517.12(HS 2017 코드, HS 2022에서는 8517.13, 8517.14)였습니다",
          model: openai.model,
          usage: { inputTokens: 25, outputTokens: 7 },
          finishReason: "stop",
        })
        assert.strictEqual(written.completed[0]?.model, openai.model)
        yield* eventsOf(ask(member, { sessionId: written.completed[0]?.sessionId ?? null, message: "그럼 노트북은?" }))
      }).pipe(Effect.provide(rooms))
      const [, before, answer, now] = exchanges[1]?.body.messages ?? []
      assert.include(before?.content, "8517.13 관세율")
      assert.include(answer?.content, "스마트폰은 8517.13")
      assert.include(now?.content, "그럼 노트북은?")
    }),
  )

  it.effect("leaves nothing of a guest", () =>
    Effect.gen(function* () {
      const written = empty()
      const events = yield* eventsOf(ask(guest)).pipe(
        Effect.provide(chatTurn(modelSaying("답"), historyInMemory(written))),
      )
      assert.deepStrictEqual(written, empty())
      assert.deepInclude(only(events, "session_info")[0], {
        userType: "GUEST",
        sessionId: null,
        recordingEnabled: false,
      })
      assert.strictEqual(only(events, "stream_end")[0]?.parallelTaskMetrics.task_execution.task_c.status, "skipped")
      assert.deepStrictEqual(
        events.filter(({ eventType }) => eventType.startsWith("member_")),
        [],
      )
    }),
  )

  it.effect("hands out its buttons while the answer is still being written", () =>
    Effect.gen(function* () {
      const turn = yield* (yield* ChatTurn).start(ask(guest))
      const seen = yield* turn.events.pipe(
        Stream.takeUntil(({ name }) => name === "detail_page_buttons_complete"),
        Stream.runCollect,
      )
      assert.strictEqual(seen.filter(({ name }) => name === "detail_page_button_ready").length, 3)
      assert.isFalse(seen.some(({ name }) => name === "main_message_complete"))
    }).pipe(Effect.provide(chatTurn(modelStalling, historyInMemory(empty())))),
  )

  it.effect("stops the answer when nobody has read it for a while, and records what was said", () =>
    Effect.gen(function* () {
      const written = empty()
      const saved = yield* Deferred.make<void>()
      const history = Layer.effect(
        ChatHistory,
        Effect.map(ChatHistory, (inner) => ({
          ...inner,
          complete: (turn: Parameters<typeof inner.complete>[0]) =>
            Effect.tap(inner.complete(turn), Deferred.succeed(saved, undefined)),
        })),
      ).pipe(Layer.provide(historyInMemory(written)))
      yield* Effect.gen(function* () {
        const turn = yield* (yield* ChatTurn).start(ask(member))
        yield* turn.events.pipe(
          Stream.takeUntil(({ name }) => name === "main_message_data"),
          Stream.runDrain,
        )
        yield* TestClock.adjust("15 seconds")
        yield* Deferred.await(saved)
      }).pipe(Effect.provide(chatTurn(modelStalling, history)))
      assert.deepInclude(written.completed[0], { content: "half ", status: "cancelled", finishReason: "cancelled" })
    }),
  )

  it.effect("goes on without the record when the database is lost, and says so", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf(ask(member)).pipe(Effect.provide(chatTurn(modelSaying("답"), historyLost)))
      assert.deepInclude(only(events, "error")[0], { errorCode: "RECORD_NOT_SAVED", task: "C", recoverable: true })
      assert.deepStrictEqual(only(events, "member_record_saved"), [])
      assert.strictEqual(only(events, "detail_page_button_ready").length, 3)
      assert.strictEqual(only(events, "stream_end")[0]?.status, "partial")
    }),
  )

  it.effect("says in the member's language that the record comes later when the journal has it", () => {
    const later = (operation: string) => () => Effect.fail(new RecordPostponed({ operation }))
    const postponing = Layer.effect(
      ChatHistory,
      Effect.map(ChatHistory, (kept) =>
        ChatHistory.of({ ...kept, begin: later("begin"), complete: later("complete") }),
      ),
    ).pipe(Layer.provide(historyInMemory(empty())))
    return Effect.gen(function* () {
      for (const [language, sentence] of [
        ["ko", "지금은 대화를 기록할 수 없어 나중에 저장합니다."],
        ["en", "The conversation cannot be recorded right now and will be saved later."],
      ] as const) {
        const events = yield* eventsOf(ask(member, { language }))
        const errors = only(events, "error")
        assert.lengthOf(errors, 1)
        assert.deepInclude(errors[0], { errorCode: "RECORD_NOT_SAVED", task: "C", recoverable: true })
        assert.include(errors[0]?.message, sentence)
        assert.deepStrictEqual(only(events, "member_record_saved"), [])
      }
    }).pipe(Effect.provide(chatTurn(modelSaying("답"), postponing)))
  })

  it.effect("keeps what a failing model said, and its buttons", () =>
    Effect.gen(function* () {
      const written = empty()
      const events = yield* eventsOf(ask(member, { language: "en" })).pipe(
        Effect.provide(chatTurn(modelFailing("half "), historyInMemory(written))),
      )
      assert.deepInclude(only(events, "error")[0], { errorCode: "ANSWER_FAILED", task: "A" })
      assert.deepInclude(only(events, "main_message_complete")[0], { fullContent: "half ", finishReason: "error" })
      assert.strictEqual(only(events, "detail_page_button_ready").length, 3)
      assert.strictEqual(only(events, "stream_end")[0]?.status, "partial")
      const silent = yield* eventsOf(ask(guest)).pipe(Effect.provide(chatTurn(modelFailing(), historyLost)))
      assert.strictEqual(only(silent, "stream_end")[0]?.status, "failed")
    }),
  )

  it.effect("survives a defect of the detail pages", () =>
    Effect.gen(function* () {
      const broken = Layer.succeed(DetailPages, {
        context7Enabled: false,
        context7State: Effect.succeed("off" as const),
        prepare: () => Effect.die("bug"),
      })
      const rooms = ChatTurn.layer.pipe(
        Layer.provide([broken, modelSaying("답"), historyInMemory(empty()), noSchedules]),
      )
      const events = yield* eventsOf(ask(member)).pipe(Effect.provide(rooms))
      assert.strictEqual(only(events, "main_message_complete")[0]?.fullContent, "답")
      assert.deepInclude(only(events, "error")[0], { task: "B", errorCode: "DETAIL_PAGE_FAILED" })
      assert.deepInclude(only(events, "stream_end")[0], { status: "partial" })
    }),
  )

  it.effect("goes on with a member's session and refuses one that does not exist", () =>
    Effect.gen(function* () {
      const written = empty()
      const rooms = chatTurn(modelSaying("답"), historyInMemory(written))
      yield* Effect.gen(function* () {
        yield* eventsOf(ask(member))
        const sessionId = written.begun[0]!.sessionId
        const events = yield* eventsOf(ask(member, { sessionId }))
        assert.deepInclude(only(events, "initial_metadata")[0], { sessionId, sessionCreated: false })
        assert.deepStrictEqual(only(events, "member_session_created"), [])
        const refused = yield* Effect.flip(
          (yield* ChatTurn).start(ask(member, { sessionId: SessionId.make(randomUUID()) })),
        )
        assert.strictEqual(refused._tag, "SessionNotFound")
      }).pipe(Effect.provide(rooms))
    }),
  )

  it.effect("takes a short next message as the answer to the question it asked", () =>
    Effect.gen(function* () {
      const written = empty()
      const rooms = chatTurn(modelSaying("답"), historyInMemory(written))
      yield* Effect.gen(function* () {
        const { question, recognize } = yield* HarmonizedSystem
        const product = ["지갑", "컵", "접시", "파이프", "가방", "밸브 부품", "호스", "장갑"].find(
          (name) => question(recognize(name)) !== null,
        )
        assert.isDefined(product)
        const asked = question(recognize(product ?? ""))
        const option = asked?.options[0]
        yield* eventsOf(ask(member, { message: product ?? "" }))
        const { sessionId } = written.begun[0]!
        yield* eventsOf(ask(member, { sessionId, message: option?.label ?? "" }))
        assert.isTrue(option?.codes.includes(written.completed[1]?.hscodeAnalysis?.candidates[0]?.code ?? ""))
        yield* eventsOf(ask(member, { message: product ?? "" }))
        const another = written.begun[2]!.sessionId
        yield* eventsOf(ask(member, { sessionId: another, message: "모르겠습니다" }))
        assert.strictEqual(written.completed[3]?.hscodeAnalysis?.product_name, product)
        yield* eventsOf(ask(member, { sessionId: another, message: "8471.30 관세율" }))
        assert.strictEqual(written.completed[4]?.hscodeAnalysis?.detected_hscode, "8471.30")
      }).pipe(Effect.provide(rooms))
    }),
  )

  it.effect("serves although the database is lost when a session goes on", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf(ask(member, { sessionId: SessionId.make(randomUUID()) })).pipe(
        Effect.provide(chatTurn(modelSaying("답"), historyLost)),
      )
      assert.strictEqual(only(events, "detail_page_button_ready").length, 3)
    }),
  )

  it.effect("survives a defect of the model", () =>
    Effect.gen(function* () {
      const broken = Layer.succeed(AnswerModel, { answer: () => Stream.die("bug") })
      const events = yield* eventsOf(ask(guest, { language: "en" })).pipe(
        Effect.provide(chatTurn(broken, historyInMemory(empty()))),
      )
      assert.deepInclude(only(events, "error")[0], { task: "A" })
      assert.strictEqual(only(events, "stream_end")[0]?.status, "failed")
    }),
  )

  it.effect("keeps what a model said before its defect, for the reader and in the record", () =>
    Effect.gen(function* () {
      const written = empty()
      const broken = Layer.succeed(AnswerModel, {
        answer: () => Stream.concat(Stream.make({ _tag: "Text" as const, text: "half " }), Stream.die("bug")),
      })
      const events = yield* eventsOf(ask(member)).pipe(Effect.provide(chatTurn(broken, historyInMemory(written))))
      assert.deepInclude(only(events, "main_message_complete")[0], { fullContent: "half ", finishReason: "error" })
      assert.deepInclude(written.completed[0], { content: "half ", status: "partial" })
    }),
  )

  it.effect("keeps many turns apart", () =>
    Effect.gen(function* () {
      const turns = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, i) => i),
        () => Effect.forkChild(eventsOf(ask(guest))),
      )
      const all = yield* Effect.forEach(turns, Fiber.join)
      assert.strictEqual(new Set(all.map((events) => only(events, "initial_metadata")[0]?.turnId)).size, 50)
      for (const events of all)
        assert.deepStrictEqual(
          events.map(({ sequence }) => sequence),
          events.map((_, index) => index + 1),
        )
    }).pipe(Effect.provide(chatTurn(modelSaying("a", "b"), historyInMemory(empty())))),
  )
})
