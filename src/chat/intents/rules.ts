/** The rules by which a message tells what it asks for: `docs/intents.md` says a sentence about each. */
import type { Intent } from "../../domain/Intent.ts"
import { cargo } from "./cargo.ts"
import { classification } from "./classification.ts"
import { general } from "./general.ts"
import { market } from "./market.ts"
import { regulation } from "./regulation.ts"

export interface Rule {
  /** As in `docs/intents.md`. */
  readonly name: string
  /** 3 asks outright and more overrules what stands beside it; 2 leans that way; less counts when nothing else does. */
  readonly weight: number
  /** Any of them, in a message in lower case with single spaces. */
  readonly ko: ReadonlyArray<RegExp>
  readonly en: ReadonlyArray<RegExp>
}

export const intentRules: Readonly<Record<Intent, ReadonlyArray<Rule>>> = {
  HS_CODE_ANALYSIS: classification,
  TRADE_REGULATION: regulation,
  MARKET_ANALYSIS: market,
  CARGO_TRACKING: cargo,
  GENERAL_TRADE_INFO: general,
}
