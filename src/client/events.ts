/** A turn's events as a frontend gets them: those that this version knows by their fields, later ones as they came. */
import type { EventSourceMessage } from "eventsource-parser"
import type { ChatEvent } from "../domain/ChatEvent.ts"

export type { ChatEvent }

/** An event of a newer service. `eventType` is one that no service sends, so that a `switch` still tells all others apart. */
export interface UnknownEvent {
  readonly eventType: "unknown"
  readonly name: string
  readonly sequence: number
  readonly timestamp: string
  /** Everything that came, its own `eventType` included. */
  readonly data: Readonly<Record<string, unknown>>
}

export type TurnEvent = ChatEvent | UnknownEvent

const known: Readonly<Record<ChatEvent["eventType"], true>> = {
  initial_metadata: true,
  session_info: true,
  thinking_intent_analysis: true,
  thinking_parallel_processing_start: true,
  thinking_rag_search_planning: true,
  thinking_rag_search_executing: true,
  thinking_data_processing: true,
  thinking_detail_page_preparation: true,
  thinking_member_record_saving: true,
  thinking_response_generation: true,
  main_message_start: true,
  main_message_data: true,
  main_message_complete: true,
  detail_page_buttons_start: true,
  detail_page_button_ready: true,
  detail_page_buttons_complete: true,
  detail_page_buttons_error: true,
  member_session_created: true,
  member_record_saved: true,
  error: true,
  stream_end: true,
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Null for what is no event of a turn. Where one was garbled, the gap in the numbers shows it. */
export const readEvent = ({ data: text }: EventSourceMessage): TurnEvent | null => {
  const data = parsed(text)
  if (!isRecord(data)) return null
  const { eventType: name, sequence, timestamp } = data
  if (typeof name !== "string" || typeof sequence !== "number" || typeof timestamp !== "string") return null
  return Object.hasOwn(known, name)
    ? (data as unknown as ChatEvent)
    : { eventType: "unknown", name, sequence, timestamp, data }
}

/** Says that the service no longer has everything: what follows may leave numbers out. */
export const isGapNotice = (event: TurnEvent): boolean =>
  event.eventType === "error" && event.errorCode === "REPLAY_INCOMPLETE"
