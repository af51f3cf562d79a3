/**
 * What a message asks for, and whether it is about trade at all, by rules in both languages (`docs/intents.md`); a written
 * code or a recognised product counts for classification. Pure.
 */
import type { Intent, IntentDetection } from "../domain/Intent.ts"
import type { Recognition } from "../domain/Recognition.ts"
import { everyday } from "./intents/everyday.ts"
import { intentRules, type Rule } from "./intents/rules.ts"

/** How much a rule adds that is not its topic's strongest. */
const further = 0.25
/** Topics no further apart than this are asked with equal weight: the one that is named first is the primary one. */
const equal = 0.9
/** What a topic needs to be asked along with the primary one. */
const alongside = 2

/** From which confidence a good counts as named: a bare phrase gets the benefit of the doubt, a sentence does not. */
const named = { phrase: 0.15, sentence: 0.35 }
const weightOf = { written: 1.5, named: 1, phrase: 0.3 }
/** From here on a phrase names a good, whatever everyday words are part of the name. */
const surelyNamed = 0.35
/** Everyday rules of this weight hold even then. */
const overruling = 4

/** By these a message asks or tells something; without them it is a phrase, as a good's name is. */
const sentence: ReadonlyArray<RegExp> = [
  /[?]$|(?:요|니다|까|죠|[는은인]데|[았었했겠]어|되나|하나|할래|봐)[\s.!~ㅠㅜㅋ]*$|[는하]\s*법|\S법$|[가-힣]줘(?:\s|$)/,
  /방법|추천|어떻게|어때|어떤|(?:^|\s)(?:왜|언제|누가|누구|어디|얼마|무슨|뭐)/,
  /\b(?:how|what|who|why|when|where|which|should|can|could|do|does|did|is|are|will)\b/,
  /\b(?:i|im|my|me|you|your|tell|write|make|give|explain|recommend|pretend|best|ideas|tips)\b/,
]

interface Heard {
  readonly weight: number
  /** Where the strongest rule begins to match. */
  readonly at: number
}

const hear = (text: string, rules: ReadonlyArray<Rule>): Heard => {
  const matched = rules
    .flatMap(({ weight, ko, en }) => {
      const places = [...ko, ...en].map((words) => text.search(words)).filter((at) => at >= 0)
      return places.length > 0 ? [{ weight, at: Math.min(...places) }] : []
    })
    .sort((a, b) => b.weight - a.weight || a.at - b.at)
  const [first] = matched
  return first ? { ...first, weight: first.weight + further * (matched.length - 1) } : { weight: 0, at: Infinity }
}

/** What codes and goods in the message say for classification. */
const goodsWeight = (isPhrase: boolean, { written, unknown, candidates }: Recognition): number => {
  if (written.length + unknown.length > 0) return weightOf.written
  if (candidates.length === 0) return 0
  if (confidenceOf(candidates) >= (isPhrase ? named.phrase : named.sentence)) return weightOf.named
  return isPhrase ? weightOf.phrase : 0
}

const confidenceOf = (candidates: Recognition["candidates"]): number => candidates[0]?.confidence ?? 0

export const detectIntent = (message: string, recognition: Recognition): IntentDetection => {
  const text = message.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim()
  const isPhrase = !sentence.some((words) => words.test(text))
  const goods = goodsWeight(isPhrase, recognition)
  const heard = Object.entries(intentRules).map(([name, rules]) => {
    const intent = name as Intent
    const { weight, at } = hear(text, rules)
    return { intent, at, weight: intent === "HS_CODE_ANALYSIS" ? Math.max(weight, goods) : weight }
  })
  const strongest = Math.max(...heard.map(({ weight }) => weight))
  const enough = strongest >= alongside ? Math.max(strongest - equal, alongside) : strongest
  const asked = heard
    .filter(({ weight }) => weight > 0 && weight >= enough)
    .sort((a, b) => a.at - b.at || b.weight - a.weight)
  const primary = asked[0] ?? { intent: "GENERAL_TRADE_INFO" as const, weight: 0 }
  const total = heard.reduce((sum, { weight }) => sum + weight, 0)
  return {
    primary: primary.intent,
    secondary: heard
      .filter(({ intent, weight }) => intent !== primary.intent && weight >= alongside)
      .sort((a, b) => b.weight - a.weight)
      .map(({ intent }) => intent),
    confidence: Math.round((primary.weight / Math.max(total, 1)) * 1000) / 1000,
    trade: strongest > everydayWeight(text, isPhrase && confidenceOf(recognition.candidates) >= surelyNamed),
  }
}

const everydayWeight = (text: string, namesGood: boolean): number => {
  const { weight } = hear(text, everyday)
  return namesGood && weight < overruling ? 0 : weight
}
