/** The API guide's rules for the events of a whole turn, as one check over the `data` lines that a reader got. */
import { assert } from "@effect/vitest"
import { Schema } from "effect"
import { ChatEvent, type ChatEventBody } from "../../src/domain/ChatEvent.ts"
import type { TaskTiming } from "../../src/domain/TaskMetrics.ts"

type Events = ReadonlyArray<ChatEvent>
type Name = ChatEventBody["eventType"]
type Of<N extends Name> = Extract<ChatEvent, { readonly eventType: N }>

const codec = Schema.fromJsonString(ChatEvent)
const decode = Schema.decodeUnknownSync(codec)
const encode = Schema.encodeSync(codec)

/** Bytes of an event; its id, its name and what stands between them take the rest of 64 KiB. */
const largest = 64 * 1024 - 200

export const only = <N extends Name>(events: Events, name: N): ReadonlyArray<Of<N>> =>
  events.filter((event): event is Of<N> => event.eventType === name)

const once = <N extends Name>(events: Events, name: N): Of<N> => {
  const [event, ...more] = only(events, name)
  assert.isDefined(event, `no ${name}`)
  assert.isEmpty(more, `${name} twice`)
  return event as Of<N>
}

const inOrder = (...events: ReadonlyArray<ChatEvent | undefined>) => {
  const there = events.filter((event) => event !== undefined)
  const sorted = there.toSorted((a, b) => a.sequence - b.sequence)
  assert.deepStrictEqual(
    there.map(({ eventType }) => eventType),
    sorted.map(({ eventType }) => eventType),
  )
}

const errorOf = (events: Events, task: "A" | "B" | "C") => only(events, "error").find((error) => error.task === task)

/** What the Schema reads is all that was sent, and what it writes is what was sent. */
const decoded = (line: string): ChatEvent => {
  assert.isAtMost(Buffer.byteLength(line), largest)
  assert.notInclude(line, "\n")
  const event = decode(line)
  assert.deepStrictEqual(JSON.parse(line), JSON.parse(encode(event)))
  return event
}

const numbered = (events: Events) => {
  assert.deepStrictEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => index + 1),
  )
  const times = events.map(({ timestamp }) => timestamp)
  assert.deepStrictEqual(times, times.toSorted())
  for (const time of times) assert.strictEqual(new Date(time).toISOString(), time)
}

const opened = (events: Events) => {
  const first = once(events, "initial_metadata")
  const second = once(events, "session_info")
  assert.deepStrictEqual([first.sequence, second.sequence], [1, 2])
  assert.strictEqual(first.intent, first.claudeIntent)
  const { isAuthenticated, sessionId } = first
  assert.strictEqual(sessionId !== null, isAuthenticated)
  assert.deepInclude(second, {
    ...second.sessionInfo,
    isAuthenticated,
    sessionId,
    userType: isAuthenticated ? "MEMBER" : "GUEST",
    recordingEnabled: isAuthenticated,
  })
  assert.strictEqual(second.session_uuid ?? null, sessionId)
  for (const event of events) if ("sessionId" in event) assert.strictEqual(event.sessionId, sessionId)
}

const staged = (events: Events) => {
  const stages = events.filter((event) => "thinkingProcess" in event)
  assert.lengthOf(new Set(stages.map(({ stage }) => stage)), stages.length)
  for (const { content, eventType, stage, thinkingProcess } of stages) {
    assert.deepStrictEqual([eventType, thinkingProcess], [`thinking_${stage}`, content])
  }
  const stage = (name: string) => stages.find((event) => event.stage === name)
  assert.deepStrictEqual([stage("intent_analysis")?.sequence, stage("parallel_processing_start")?.sequence], [3, 4])
  inOrder(
    stage("detail_page_preparation"),
    stage("rag_search_planning"),
    stage("rag_search_executing"),
    stage("data_processing"),
    only(events, "detail_page_buttons_complete")[0],
  )
  inOrder(stage("response_generation"), once(events, "main_message_start"))
  inOrder(stage("member_record_saving"), only(events, "member_session_created")[0])
  const progress = events.flatMap((event) => ("progress" in event ? [event.progress] : []))
  assert.deepStrictEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  )
  assert.isTrue(progress.every((at) => at >= 0 && at <= 100))
}

const answered = (events: Events) => {
  const pieces = only(events, "main_message_data")
  const complete = once(events, "main_message_complete")
  inOrder(once(events, "main_message_start"), ...pieces, complete)
  for (const { content, partialContent } of pieces) assert.strictEqual(content, partialContent)
  assert.isTrue(pieces.every(({ content }) => content !== ""))
  const whole = pieces.map(({ content }) => content).join("")
  if (complete.truncated) assert.isTrue(whole.startsWith(complete.fullContent))
  else assert.strictEqual(whole, complete.fullContent)
  assert.strictEqual(complete.finishReason === "error", errorOf(events, "A") !== undefined)
}

const buttoned = (events: Events) => {
  const start = only(events, "detail_page_buttons_start")
  const ready = only(events, "detail_page_button_ready")
  const errors = only(events, "detail_page_buttons_error")
  const complete = only(events, "detail_page_buttons_complete")
  inOrder(...start, ...ready, ...complete)
  inOrder(...start, ...errors, ...complete)
  for (const { detailPageButton, ...event } of ready) assert.deepInclude(event, detailPageButton)
  const codes = errors.map(({ errorCode }) => errorCode)
  assert.lengthOf(new Set(codes), codes.length)
  const unknown = codes.includes("NO_HSCODE_DETECTED")
  const broken = errorOf(events, "B") !== undefined
  assert.deepStrictEqual([start.length <= 1, complete.length], [true, broken ? 0 : 1])
  if (broken) return
  assert.deepStrictEqual(
    ready.map(({ priority }) => priority),
    unknown ? [] : [1, 2, 3],
  )
  assert.lengthOf(start, 1)
  assert.strictEqual(complete[0]?.buttonsGenerated, ready.length)
  assert.strictEqual(complete[0]?.summary.fallback_used, codes.length > (unknown ? 1 : 0))
}

const codeOf = { A: "ANSWER_FAILED", B: "DETAIL_PAGE_FAILED", C: "RECORD_NOT_SAVED" }

const recorded = (events: Events) => {
  const errors = only(events, "error")
  assert.lengthOf(new Set(errors.map(({ task }) => task)), errors.length)
  for (const { errorCode, errorMessage, message, recoverable, task } of errors) {
    assert.isNotNull(task)
    if (task) assert.deepStrictEqual([errorCode, recoverable], [codeOf[task], task === "C"])
    assert.strictEqual(errorMessage, message)
  }
  const saved = only(events, "member_record_saved")
  const isMember = once(events, "initial_metadata").isAuthenticated
  if (isMember) assert.lengthOf(saved, errorOf(events, "C") ? 0 : 1)
  else assert.isFalse(events.some(({ eventType }) => eventType.startsWith("member_")))
  inOrder(only(events, "member_session_created")[0], saved[0])
  inOrder(once(events, "main_message_complete"), saved[0])
  inOrder(only(events, "detail_page_buttons_complete")[0], saved[0])
}

const ended = (events: Events) => {
  const { parallelTaskMetrics, sequence, status } = once(events, "stream_end")
  assert.strictEqual(sequence, events.length)
  const { performance_analysis: figures, task_execution: tasks } = parallelTaskMetrics
  const { task_a, task_b, task_c } = tasks
  const failed = (task: "A" | "B" | "C") => errorOf(events, task) !== undefined
  const pieces = only(events, "main_message_data")
  const characters = pieces.reduce((sum, { content }) => sum + content.length, 0)
  const { finishReason } = once(events, "main_message_complete")
  const [closed] = only(events, "detail_page_buttons_complete")
  const saved = only(events, "member_record_saved").length
  assert.deepInclude(task_a, {
    status: failed("A") ? "failed" : finishReason === "cancelled" ? "cancelled" : "completed",
    pieces: pieces.length,
    characters,
  })
  assert.strictEqual(task_b.status, failed("B") ? "failed" : closed?.summary.fallback_used ? "fallback" : "completed")
  assert.strictEqual(task_b.buttons, closed?.buttonsGenerated ?? 0)
  const isMember = once(events, "initial_metadata").isAuthenticated
  assert.deepInclude(task_c, {
    status: failed("C") ? "failed" : isMember ? "completed" : "skipped",
    messages_saved: 2 * saved,
  })
  const allowed: ReadonlyArray<string> = failed("A")
    ? [characters === 0 ? "failed" : "partial"]
    : finishReason === "cancelled"
      ? ["cancelled", "partial"]
      : failed("B") || failed("C")
        ? ["partial"]
        : ["completed", "partial"]
  assert.include(allowed, status)
  const wall = figures.total_wall_clock_time
  const ran = [task_a, task_b, task_c].filter(({ status }) => status !== "skipped")
  for (const task of ran) timed(task, wall)
  const [sum, longest] = [ran.reduce((total, { duration_ms }) => total + duration_ms, 0), longestOf(ran)]
  assert.approximately(figures.parallel_efficiency, wall === 0 ? 1 : sum / (ran.length * wall), 0.001)
  assert.strictEqual(figures.orchestration_overhead_ms, wall - longest)
  assert.isTrue(ran.some(({ name }) => name === figures.bottleneck_task))
  assert.strictEqual(figures.first_token_ms === null, pieces.length === 0)
  assert.strictEqual(figures.first_button_ms === null, only(events, "detail_page_button_ready").length === 0)
  for (const moment of [figures.first_token_ms, figures.first_button_ms]) assert.isAtMost(moment ?? 0, wall)
}

const longestOf = (tasks: ReadonlyArray<TaskTiming>): number => Math.max(...tasks.map(({ duration_ms }) => duration_ms))

const timed = ({ duration_ms, end_time, start_time }: TaskTiming, wall: number) => {
  assert.isTrue(start_time !== null && end_time !== null && start_time <= end_time)
  assert.isTrue(duration_ms >= 0 && duration_ms <= wall)
}

const rules = [numbered, opened, staged, answered, buttoned, recorded, ended]

/** The events of a turn that was read from its first to its last, if they keep every rule. */
export const wholeTurn = (lines: ReadonlyArray<string>): Events => {
  const events = lines.map(decoded)
  for (const rule of rules) rule(events)
  return events
}
