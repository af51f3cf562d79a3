/** What is known of a message about a telephone. */
import { Effect } from "effect"
import type { Grounding, PlacedCandidate } from "../../src/domain/Grounding.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Intent } from "../../src/domain/Intent.ts"
import type { Language } from "../../src/domain/Recognition.ts"

const placed = (code: string, confidence: number, ko: string, en: string): PlacedCandidate => ({
  code: HsCode.make(code),
  confidence,
  names: { ko, en },
  source: "lexicon",
  chain: [
    { code: HsCode.make(code.slice(0, 4)), names: { ko: "전화기", en: "Telephones" } },
    { code: HsCode.make(code), names: { ko, en } },
  ],
  tell: { ko: "앱을 까는 전화기", en: "runs apps" },
  distinction: null,
})
export const phone = placed("851713", 0.95, "스마트폰", "Smartphones")
export const other = placed("851714", 0.03, "피처폰", "Feature phones")

export const grounding = (language: Language, intent: Intent, more: Partial<Grounding> = {}): Grounding => ({
  message: "아이폰",
  intent: { primary: intent, secondary: [], confidence: 1, trade: true },
  recognition: {
    language,
    productName: "아이폰 15",
    written: [],
    unknown: [],
    candidates: [phone, other],
    supersedes: null,
  },
  candidates: [phone, other],
  detected: phone,
  question: null,
  citations: Effect.succeed({ lines: [], missing: [] }),
  evidence: Effect.succeed([]),
  standing: () => "current",
  ...more,
})
