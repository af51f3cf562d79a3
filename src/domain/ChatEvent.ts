/**
 * The events of a turn, in the order rules of the API guide. A body is what a task says; the turn's log adds the
 * sequence number and the time, and what is then encoded is what every reader gets.
 */
import { type Effect, Schema } from "effect"
import { buttonFields, DetailButton } from "./DetailButton.ts"
import { DottedCode } from "./HsCode.ts"
import { Intent } from "./Intent.ts"
import { Confidence } from "./Recognition.ts"
import { ParallelTaskMetrics } from "./TaskMetrics.ts"

const Milliseconds = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const SessionId = Schema.NullOr(Schema.String)
const UserType = Schema.Literals(["MEMBER", "GUEST"])

const sessionInfo = {
  isAuthenticated: Schema.Boolean,
  userType: UserType,
  sessionId: SessionId,
  recordingEnabled: Schema.Boolean,
  message: Schema.String,
}

/** Stages in the order in which a turn can announce them. */
const thinkingStages = [
  "intent_analysis",
  "parallel_processing_start",
  "rag_search_planning",
  "rag_search_executing",
  "data_processing",
  "detail_page_preparation",
  "member_record_saving",
  "response_generation",
] as const
export type ThinkingStage = (typeof thinkingStages)[number]

const thinking = {
  content: Schema.String,
  thinkingProcess: Schema.String,
  /** 0 to 100, never falls within a turn. */
  progress: Schema.Int,
}

export const FinishReason = Schema.Literals(["stop", "length", "cancelled", "error"])
export type FinishReason = typeof FinishReason.Type

export const TurnStatus = Schema.Literals(["completed", "partial", "cancelled", "failed"])
export type TurnStatus = typeof TurnStatus.Type

const thinkingFields = <S extends ThinkingStage>(stage: S) => ({ stage: Schema.Literal(stage), ...thinking })

const fieldsByEvent = {
  initial_metadata: {
    turnId: Schema.String,
    sessionId: SessionId,
    isAuthenticated: Schema.Boolean,
    sessionCreated: Schema.Boolean,
    intent: Intent,
    claudeIntent: Intent,
    /** Seconds. */
    estimatedTime: Schema.Finite,
    parallelProcessing: Schema.Literal(true),
    ragEnabled: Schema.Boolean,
  },
  session_info: {
    ...sessionInfo,
    sessionInfo: Schema.Struct(sessionInfo),
    session_uuid: Schema.optionalKey(Schema.String),
  },
  thinking_intent_analysis: thinkingFields("intent_analysis"),
  thinking_parallel_processing_start: thinkingFields("parallel_processing_start"),
  thinking_rag_search_planning: thinkingFields("rag_search_planning"),
  thinking_rag_search_executing: thinkingFields("rag_search_executing"),
  thinking_data_processing: thinkingFields("data_processing"),
  thinking_detail_page_preparation: thinkingFields("detail_page_preparation"),
  thinking_member_record_saving: thinkingFields("member_record_saving"),
  thinking_response_generation: thinkingFields("response_generation"),
  main_message_start: {
    type: Schema.Literal("start"),
    stage: Schema.Literal("main_message"),
    content: Schema.String,
    progress: Schema.Int,
  },
  main_message_data: {
    type: Schema.Literal("content"),
    content: Schema.String,
    partialContent: Schema.String,
  },
  main_message_complete: {
    type: Schema.Literal("metadata"),
    fullContent: Schema.String,
    truncated: Schema.optionalKey(Schema.Literal(true)),
    sources: Schema.Array(Schema.Struct({ title: Schema.String, url: Schema.String })),
    ragSources: Schema.Array(Schema.String),
    relatedInfo: Schema.Struct({ hsCode: Schema.NullOr(DottedCode), category: Schema.NullOr(Schema.String) }),
    processingTime: Milliseconds,
    sessionId: SessionId,
    cacheHit: Schema.Boolean,
    model: Schema.String,
    usage: Schema.Struct({ inputTokens: Schema.Int, outputTokens: Schema.Int }),
    finishReason: FinishReason,
    bookmarkData: Schema.Struct({
      available: Schema.Boolean,
      hsCode: Schema.NullOr(DottedCode),
      productName: Schema.NullOr(Schema.String),
      confidence: Confidence,
    }),
  },
  detail_page_buttons_start: {
    type: Schema.Literal("start"),
    buttonsCount: Schema.Int,
    estimatedPreparationTime: Milliseconds,
    processingInfo: Schema.Struct({
      context7_enabled: Schema.Boolean,
      fallback_available: Schema.Boolean,
      cache_checked: Schema.Boolean,
    }),
    metadata: Schema.Struct({ buttonsCount: Schema.Int }),
  },
  detail_page_button_ready: { ...buttonFields, detailPageButton: DetailButton },
  detail_page_buttons_complete: {
    type: Schema.Literal("complete"),
    totalPreparationTime: Milliseconds,
    buttonsGenerated: Schema.Int,
    summary: Schema.Struct({
      hscode_detected: Schema.NullOr(DottedCode),
      confidence_score: Confidence,
      analysis_source: Schema.String,
      fallback_used: Schema.Boolean,
      cache_hit: Schema.Boolean,
      /** What was kept had expired, and served because Context7 failed. */
      cache_stale: Schema.Boolean,
    }),
    performance: Schema.Struct({
      context7_calls: Schema.Int,
      context7_latency_ms: Milliseconds,
      database_queries: Schema.Int,
      total_processing_time: Milliseconds,
    }),
    metadata: Schema.Struct({ totalPreparationTime: Milliseconds }),
  },
  detail_page_buttons_error: {
    type: Schema.Literals(["context7_timeout", "context7_api_error", "hscode_detection_failed"]),
    errorCode: Schema.Literals(["CONTEXT7_TIMEOUT", "CONTEXT7_API_FAILURE", "NO_HSCODE_DETECTED"]),
    errorMessage: Schema.String,
    fallbackActivated: Schema.Boolean,
    partialResults: Schema.Struct({
      buttonsGenerated: Schema.Int,
      hscode_detected: Schema.NullOr(DottedCode),
      confidence_score: Confidence,
    }),
    retryInfo: Schema.Struct({
      retryable: Schema.Boolean,
      /** Seconds. */
      retryAfter: Schema.Finite,
      maxRetries: Schema.Int,
    }),
    suggestions: Schema.Array(Schema.String),
  },
  member_session_created: {
    type: Schema.Literal("session_created"),
    sessionId: Schema.String,
    isFirstMessage: Schema.Boolean,
  },
  member_record_saved: {
    type: Schema.Literal("record_saved"),
    sessionId: Schema.String,
    messageCount: Schema.Int,
    messageId: Schema.String,
  },
  error: {
    type: Schema.Literal("error"),
    errorCode: Schema.String,
    errorMessage: Schema.String,
    message: Schema.String,
    error: Schema.Struct({ type: Schema.String, message: Schema.String }),
    task: Schema.NullOr(Schema.Literals(["A", "B", "C"])),
    recoverable: Schema.Boolean,
    /** Of `REPLAY_INCOMPLETE`: the answer as far as the missing pieces said it. */
    partialContent: Schema.optionalKey(Schema.String),
  },
  stream_end: { status: TurnStatus, parallelTaskMetrics: ParallelTaskMetrics },
}

type EventName = keyof typeof fieldsByEvent
type BodyOf<N extends EventName> = { readonly eventType: N } & Schema.Struct.Type<(typeof fieldsByEvent)[N]>

/** An event as a task says it: without its place in the turn. */
export type ChatEventBody = { [N in EventName]: BodyOf<N> }[EventName]
export type EventBody<N extends EventName> = BodyOf<N>

const stamped = <N extends EventName>(name: N) =>
  Schema.Struct({
    eventType: Schema.tag(name),
    sequence: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
    timestamp: Schema.String,
    ...fieldsByEvent[name],
  }).annotate({ identifier: name })

type Stamped = { readonly sequence: number; readonly timestamp: string }

/** An event as readers get it. */
export type ChatEvent = ChatEventBody & Stamped

export const eventNames = Object.keys(fieldsByEvent) as ReadonlyArray<EventName>

export const ChatEvent: Schema.Codec<ChatEvent, unknown> = Schema.Union(eventNames.map((name) => stamped(name))).pipe(
  Schema.toCodecJson,
) as never

/** The last event of every turn. */
export const isLast = (event: { readonly eventType: EventName }): boolean => event.eventType === "stream_end"

/** How a task speaks into its turn. */
export interface TurnVoice {
  readonly say: (event: ChatEventBody) => Effect.Effect<void>
  /** Announces a stage that starts now. */
  readonly announce: (stage: ThinkingStage) => Effect.Effect<void>
}
