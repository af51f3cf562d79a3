import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import fc from "fast-check"
import type { ChatEventBody } from "../../src/domain/ChatEvent.ts"
import { makeTurnLog } from "../../src/chat/TurnLog.ts"
import { metricsOf, timingOf } from "../../src/chat/ParallelTasks.ts"

const piece = (content: string): ChatEventBody => ({
  eventType: "main_message_data",
  type: "content",
  content,
  partialContent: content,
})
const tasks = {
  task_a: { ...timingOf("ai_response_generation", "completed", { started: 0, ended: 80 }), pieces: 1, characters: 1 },
  task_b: {
    ...timingOf("detail_page_preparation", "completed", { started: 0, ended: 60 }),
    buttons: 0,
    context7_calls: 0,
  },
  task_c: { ...timingOf("chat_history_saving", "completed", { started: 0, ended: 100 }), messages_saved: 2 },
}
const moments = { started: 0, ended: 100, firstToken: 5, firstButton: null }
const end: ChatEventBody = {
  eventType: "stream_end",
  status: "completed",
  parallelTaskMetrics: metricsOf(tasks, moments, 4),
}

it.effect("gives every reader every event once, in order, whenever it comes and however many write at once", () =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 50 }), (count, after) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const log = yield* makeTurnLog()
            const early = yield* Effect.forkChild(Stream.runCollect(log.follow(0)))
            yield* Effect.forEach(
              Array.from({ length: count }, (_, i) => `${i}`),
              (text) => Effect.andThen(Effect.yieldNow, log.append(piece(text))),
              {
                concurrency: "unbounded",
              },
            )
            const live = yield* Effect.forkChild(Stream.runCollect(log.follow(after)))
            yield* log.append(end)
            const all = yield* Fiber.join(early)
            assert.deepStrictEqual(
              all.map(({ sequence }) => sequence),
              Array.from({ length: count + 1 }, (_, i) => i + 1),
            )
            assert.deepStrictEqual(yield* Fiber.join(live), all.slice(after))
            assert.deepStrictEqual(yield* Stream.runCollect(log.follow(0)), all)
          }),
        ),
      ),
      { numRuns: 50 },
    ),
  ),
)

it("measures how well the tasks ran beside each other", () => {
  const { performance_analysis } = metricsOf(tasks, moments, 4)
  assert.deepStrictEqual(performance_analysis, {
    total_wall_clock_time: 100,
    parallel_efficiency: 0.8,
    orchestration_overhead_ms: 0,
    bottleneck_task: "ai_response_generation",
    first_token_ms: 5,
    first_button_ms: null,
  })
  const guest = metricsOf(
    { ...tasks, task_c: { ...timingOf("chat_history_saving", "skipped", null), messages_saved: 0 } },
    { ...moments, ended: 100 },
    0,
  )
  assert.strictEqual(guest.performance_analysis.parallel_efficiency, 0.7)
  assert.strictEqual(guest.performance_analysis.orchestration_overhead_ms, 20)
})

it.effect("that grows too large lets go of pieces of the answer only, and says what they said", () =>
  Effect.gen(function* () {
    const log = yield* makeTurnLog(4000)
    const texts = Array.from({ length: 100 }, (_, n) => `piece ${n}, `)
    yield* Effect.forEach(texts, (text) => log.append(piece(text)), { discard: true })
    yield* log.append(end)
    const events = (yield* Stream.runCollect(log.follow(0))).map(({ data }) => JSON.parse(data))
    const [gap, ...rest] = events
    assert.deepInclude(gap, { eventType: "error", errorCode: "REPLAY_INCOMPLETE", recoverable: true })
    const said = rest.filter(({ eventType }) => eventType === "main_message_data").map(({ content }) => content)
    assert.isBelow(said.length, texts.length)
    assert.strictEqual([gap.partialContent, ...said].join(""), texts.join(""))
    assert.deepStrictEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => gap.sequence + index),
    )
    assert.isAtMost(log.size(), 4000)
    const late = yield* Stream.runCollect(log.follow(gap.sequence))
    assert.strictEqual(late[0]?.sequence, gap.sequence + 1)
  }),
)
