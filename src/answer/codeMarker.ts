/**
 * Marks codes that do not exist, or not any more, in a text that comes in pieces. Only what may still grow into such a code
 * is held back: digits at the end of what was said, and a doubtful code until the next word shows it to be no price. Pure.
 */
import type { Standing } from "../domain/Grounding.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Language } from "../domain/Recognition.ts"

export interface CodeMarker {
  /** Takes a piece; gives what can be handed on. */
  readonly add: (piece: string) => string
  /** The rest, when nothing more comes. */
  readonly end: () => string
}

/** `8517.13`, `8517.13.00`, `8517.13.0000`, `8517.13-0000`, `8517.13.00.00`; or 4 to 10 digits, which need a word before. */
const shape =
  /(?:(?<=\b(?:hs[ku]?|hts(?:us)?))|(?<![\dA-Za-z.,]|[A-Za-z]-))\d{4}(?:\.\d{2}(?:[.-](?:\d{4}|\d{2}(?:[.-]\d{2})?))?|(?:\d{2}){0,3})(?!\d|[.,]\d)/gi

const word =
  /(?:\bhs[ku]?|\bhts(?:us)?|\bcodes?|코드|세번(?:부호)?|품목(?:번호|분류)|\b(?:sub-?)?headings?)\s*(?:codes?|코드|부호|번호|numbers?|no\.?)?\s*(?:는|은|이|가|:|#|is)?[\s*_`"'(]*$/i

const inAddress = /https?:\/\/\S*$/
const currencyBefore = /(?:[$₩€£¥￥]|usd|krw|eur|jpy|cny)\s*$/i
/** One syllable alone may begin another word: `9999.99 원산지`. */
const unitAfter =
  /^\s?(?:%|퍼센트|달러|유로|위안|킬로|그램|리터|미터|(?:usd|krw|eur|jpy|cny|dollars?|won|euros?|yen|yuan|percent|kg|g|mg|t|tons?|l|ml|mm|cm|m|km)(?![a-z-]))|^(?:원|엔|불|톤|개)|^\s(?:원|엔|불|톤|개)(?![가-힣])/i
const date = /^(?:19|20)\d{2}(?:\.(?:0[1-9]|1[0-2])(?:\.(?:0[1-9]|[12]\d|3[01]))?)?$/

const mayBeUnit = /^\s?[\p{L}%]{0,8}$/u
const growing = /(?<![\d.,-])[.,-]*\d[\d.,-]{0,40}$/
const remembered = 200
const mostSuccessors = 4

const markOf = (standing: Standing, language: Language): string => {
  if (standing === "current") return ""
  if (standing === "unknown") return language === "ko" ? "(존재하지 않는 코드)" : " (no such code)"
  const codes = standing.successors.map(dotted)
  const list = `${codes.slice(0, mostSuccessors).join(", ")}${codes.length > mostSuccessors ? " …" : ""}`
  return language === "ko" ? `(HS 2017 코드, HS 2022에서는 ${list})` : ` (HS 2017; in HS 2022: ${list})`
}

export const codeMarker = (standing: (digits: string) => Standing, language: Language): CodeMarker => {
  let said = ""
  let held = ""

  const handOn = (final: boolean): string => {
    const text = said + held
    let settled = final ? text.length : (growing.exec(text)?.index ?? text.length)
    let from = said.length
    let out = ""
    for (const match of text.matchAll(shape)) {
      const code = match[0]
      const end = match.index + code.length
      if (match.index < from || end > settled) continue
      const before = text.slice(0, match.index)
      if ((!code.includes(".") && !word.test(before)) || inAddress.test(before)) continue
      const mark = markOf(standing(code.replace(/\D/g, "").slice(0, 6)), language)
      if (mark === "" || date.test(code) || currencyBefore.test(before)) continue
      const after = text.slice(end)
      if (!final && mayBeUnit.test(after)) {
        settled = match.index
        break
      }
      if (unitAfter.test(after)) continue
      out += text.slice(from, end) + mark
      from = end
    }
    settled = Math.max(settled, from)
    out += text.slice(from, settled)
    held = text.slice(settled)
    said = text.slice(0, settled).slice(-remembered)
    return out
  }

  return {
    add: (piece) => {
      held += piece
      return handOn(false)
    },
    end: () => handOn(true),
  }
}
