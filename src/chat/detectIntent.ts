/**
 * What a message asks for, by rules in both languages: each intent's words count, a written code or a recognised product
 * counts for classification. Pure.
 */
import type { Intent, IntentDetection } from "../domain/Intent.ts"
import type { Recognition } from "../domain/Recognition.ts"

const words: Readonly<Record<Intent, RegExp>> = {
  HS_CODE_ANALYSIS:
    /hs\s*-?\s*(?:code|코드|부호)|세번|품목\s*(?:번호|분류)|몇\s*류|분류|classif|tariff (?:code|number|heading)|hts|hsk|관세율|세율|duty rate|관세/gi,
  TRADE_REGULATION:
    /규제|요건|인증|검역|허가|승인|금지|제한|신고|서류|원산지|fta|kc\b|certificat|requirement|regulation|restrict|licen[cs]e|permit|quarantine|prohibit|banned|documents? (?:needed|required)|rules? of origin/gi,
  MARKET_ANALYSIS:
    /통계|수출액|수입액|무역액|시장|점유율|동향|추이|statistic|market|trend|trade volume|export value|import value|top (?:exporters?|importers?)/gi,
  CARGO_TRACKING:
    /화물|운송장|선적|배송\s*(?:조회|추적)|위치\s*(?:조회|추적)|통관\s*(?:진행|조회|상태)|b\/?l\s*번호|컨테이너\s*(?:번호|조회)|track|shipment|where is my|container number|bill of lading|awb/gi,
  GENERAL_TRADE_INFO:
    /안녕|고마워|감사|반가|hello|\bhi\b|thanks|thank you|who are you|뭐\s*할\s*수|incoterms|인코텀즈|무역이란/gi,
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

const strongEnough = 0.35
const faint = 0.05

export const detectIntent = (message: string, recognition: Recognition): IntentDetection => {
  const scores = new Map<Intent, number>(
    Object.entries(words).map(([intent, pattern]) => [intent as Intent, count(message, pattern)]),
  )
  const add = (intent: Intent, amount: number) => scores.set(intent, (scores.get(intent) ?? 0) + amount)
  const likelihood = recognition.candidates[0]?.confidence ?? 0
  if (recognition.written.length > 0) add("HS_CODE_ANALYSIS", 0.6)
  else if (likelihood >= strongEnough) add("HS_CODE_ANALYSIS", 0.5)
  else if (likelihood >= faint) add("HS_CODE_ANALYSIS", 0.2)
  add("GENERAL_TRADE_INFO", 0.1)
  const ranked = [...scores].filter(([, score]) => score > 0).sort((a, b) => b[1] - a[1])
  const [primary, best] = ranked[0] ?? (["GENERAL_TRADE_INFO", 0.1] as const)
  const total = ranked.reduce((sum, [, score]) => sum + score, 0)
  return {
    primary,
    secondary: ranked
      .slice(1)
      .filter(([, score]) => score >= 0.5)
      .map(([intent]) => intent),
    confidence: Math.round((best / Math.max(total, 1)) * 1000) / 1000,
  }
}
