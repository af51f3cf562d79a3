/** What members read back: their sessions and messages. */
import { Schema } from "effect"
import { HsCodeAnalysis, SseBookmarkData } from "./Analysis.ts"
import { DottedCode } from "./HsCode.ts"
import { RecentQuery } from "./Search.ts"

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

const pagination = {
  /** From 1. */
  page: Schema.Int,
  size: Schema.Int,
  totalElements: Schema.Int,
  totalPages: Schema.Int,
  hasNext: Schema.Boolean,
  hasPrevious: Schema.Boolean,
}

export const SessionPage = Schema.Struct({
  sessions: Schema.Array(SessionSummary),
  pagination: Schema.Struct({
    ...pagination,
    /** For `cursor`: continues where this page ends, as fast on the last page as on the first. */
    nextCursor: Schema.NullOr(Schema.String),
  }),
  summary: Schema.Struct({
    totalSessions: Schema.Int,
    totalMessages: Schema.Int,
    firstSessionAt: Schema.NullOr(Schema.String),
    lastSessionAt: Schema.NullOr(Schema.String),
  }),
})
export type SessionPage = typeof SessionPage.Type

const message = {
  messageId: Schema.String,
  turnId: Schema.String,
  messageType: MessageType,
  content: Schema.String,
  status: MessageStatus,
  aiModel: Schema.NullOr(Schema.String),
  createdAt: Schema.String,
  completedAt: Schema.NullOr(Schema.String),
}

export const StoredMessage = Schema.Struct({
  ...message,
  hsCodeAnalysis: Schema.NullOr(HsCodeAnalysis),
  sseBookmarkData: Schema.NullOr(SseBookmarkData),
})
export type StoredMessage = typeof StoredMessage.Type

export const MessagePage = Schema.Struct({
  messages: Schema.Array(
    Schema.Struct({
      ...StoredMessage.fields,
      sessionId: Schema.String,
      sessionTitle: Schema.NullOr(Schema.String),
      /** 0 to 1: how often the words occur and how much of the message they are. */
      relevanceScore: Schema.Finite,
    }),
  ),
  pagination: Schema.Struct(pagination),
})
export type MessagePage = typeof MessagePage.Type

export const SessionDetail = Schema.Struct({
  session: SessionSummary,
  messages: Schema.Array(StoredMessage),
  relatedData: Schema.Struct({
    /** Codes detected in this session, each once, in order of appearance. */
    extractedHsCodes: Schema.Array(DottedCode),
  }),
})
export type SessionDetail = typeof SessionDetail.Type

/** The analysis of an export is what is stored, also where this version would no longer understand it. */
const stored = Schema.NullOr(Schema.Json)

/** One line of `GET /api/members/me/export`. */
export const ExportLine = Schema.Union([
  Schema.Struct({ type: Schema.Literal("session"), ...SessionSummary.fields }),
  Schema.Struct({
    type: Schema.Literal("message"),
    sessionId: Schema.String,
    ...message,
    hscodeAnalysis: stored,
    context7Analysis: stored,
    sseBookmarkData: stored,
    detailPageProcessingTime: Schema.NullOr(Schema.Int),
    parallelTaskMetrics: stored,
  }),
  Schema.Struct({ type: Schema.Literal("recentQuery"), ...RecentQuery.fields }),
  /** The last line of an export that is whole. */
  Schema.Struct({ type: Schema.Literal("end"), lines: Schema.Int }),
])
export type ExportLine = typeof ExportLine.Type
