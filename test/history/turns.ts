/** Turns that were recorded, for tests that read them. */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { SessionId, TurnId, UserId } from "../../src/domain/Turn.ts"
import { ChatHistory, type FinishedTurn } from "../../src/history/ChatHistory.ts"

export const turnId = () => TurnId.make(randomUUID())
export const sessionId = () => SessionId.make(randomUUID())
export const alice = UserId.make("alice")
export const bob = UserId.make("bob")

const timing = { start_time: null, end_time: null, duration_ms: 3, status: "completed" as const }
export const finished = (turn: TurnId, session: SessionId, userId = alice): FinishedTurn => ({
  turnId: turn,
  userId,
  sessionId: session,
  content: "8517.13입니다",
  status: "completed",
  model: "grounded",
  finishReason: "stop",
  hscodeAnalysis: {
    detected_hscode: "8517.13",
    product_name: "아이폰 15 프로",
    classification_confidence: 0.93,
    candidates: [{ code: "8517.13", confidence: 0.93, description: "스마트폰", source: "lexicon" }],
    intent_detection: { primary_intent: "HS_CODE_ANALYSIS", secondary_intents: [], intent_confidence: 0.9 },
    detail_buttons: [],
    processing_metadata: {
      analysis_timestamp: "2026-11-24T00:00:00.000Z",
      processing_time_ms: 4,
      analysis_version: "1",
    },
  },
  context7Analysis: null,
  bookmark: {
    bookmark_available: true,
    bookmark_type: "HS_CODE",
    target_value: "8517.13",
    display_name: "아이폰 15 프로",
    confidence: 0.93,
  },
  detailPageProcessingTime: 12,
  metrics: {
    task_execution: {
      task_a: { ...timing, name: "ai_response_generation", pieces: 2, characters: 40 },
      task_b: { ...timing, name: "detail_page_preparation", buttons: 3, context7_calls: 0 },
      task_c: { ...timing, name: "chat_history_saving", messages_saved: 2 },
    },
    performance_analysis: {
      total_wall_clock_time: 4,
      parallel_efficiency: 0.75,
      orchestration_overhead_ms: 1,
      bottleneck_task: "ai_response_generation",
      first_token_ms: 1,
      first_button_ms: 1,
    },
  },
})

/** Records one turn; without a code nothing was recognised. */
export const record = Effect.fnUntraced(function* (
  userId: UserId,
  session: SessionId,
  message: string,
  answer: string,
  code: string | null = null,
) {
  const history = yield* ChatHistory
  const turn = finished(turnId(), session)
  yield* history.begin({ turnId: turn.turnId, userId, sessionId: session, message })
  return yield* history.complete({
    ...turn,
    content: answer,
    hscodeAnalysis: turn.hscodeAnalysis && {
      ...turn.hscodeAnalysis,
      detected_hscode: code,
      candidates: code === null ? [] : [{ code, confidence: 0.93, description: "", source: "lexicon" }],
    },
    bookmark: null,
  })
})
