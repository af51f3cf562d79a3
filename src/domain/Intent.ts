/** What a message asks for. */
import { Schema } from "effect"

export const Intent = Schema.Literals([
  "HS_CODE_ANALYSIS",
  "TRADE_REGULATION",
  "MARKET_ANALYSIS",
  "CARGO_TRACKING",
  "GENERAL_TRADE_INFO",
])
export type Intent = typeof Intent.Type

export interface IntentDetection {
  readonly primary: Intent
  readonly secondary: ReadonlyArray<Intent>
  /** 0 to 1. */
  readonly confidence: number
  /** False when the message is about something else; then the intents mean nothing. */
  readonly trade: boolean
}
