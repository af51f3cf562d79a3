/** What members read back: their sessions and messages. */
import { Schema } from "effect"
import { HsCodeAnalysis, SseBookmarkData } from "./Analysis.ts"
import { DottedCode } from "./HsCode.ts"

export const MessageType = Schema.Literals(["USER", "AI"])

/** `streaming` while its turn runs. */
export const MessageStatus = Schema.Literals(["streaming", "completed", "partial", "cancelled", "failed"])

export const SessionSummary = Schema.Struct({
  sessionId: Schema.String,
  title: Schema.NullOr(Schema.String),
  messageCount: Schema.Int,
  createdAt: Schema.String,
  updatedAt: Schema.String,
})
export type SessionSummary = typeof SessionSummary.Type

export const SessionPage = Schema.Struct({
  sessions: Schema.Array(SessionSummary),
  pagination: Schema.Struct({
    /** From 1. */
    page: Schema.Int,
    size: Schema.Int,
    totalElements: Schema.Int,
    totalPages: Schema.Int,
    hasNext: Schema.Boolean,
    hasPrevious: Schema.Boolean,
  }),
  summary: Schema.Struct({
    totalSessions: Schema.Int,
    totalMessages: Schema.Int,
    firstSessionAt: Schema.NullOr(Schema.String),
    lastSessionAt: Schema.NullOr(Schema.String),
  }),
})
export type SessionPage = typeof SessionPage.Type

export const StoredMessage = Schema.Struct({
  messageId: Schema.String,
  turnId: Schema.String,
  messageType: MessageType,
  content: Schema.String,
  status: MessageStatus,
  aiModel: Schema.NullOr(Schema.String),
  createdAt: Schema.String,
  completedAt: Schema.NullOr(Schema.String),
  hsCodeAnalysis: Schema.NullOr(HsCodeAnalysis),
  sseBookmarkData: Schema.NullOr(SseBookmarkData),
})
export type StoredMessage = typeof StoredMessage.Type

export const SessionDetail = Schema.Struct({
  session: SessionSummary,
  messages: Schema.Array(StoredMessage),
  relatedData: Schema.Struct({
    /** Codes detected in this session, each once, in order of appearance. */
    extractedHsCodes: Schema.Array(DottedCode),
  }),
})
export type SessionDetail = typeof SessionDetail.Type
