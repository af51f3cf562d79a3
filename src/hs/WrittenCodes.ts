/**
 * Finds codes that people write in a message, in any of the usual spellings, and leaves prices, dates, telephone
 * numbers, quantities and model numbers alone. Pure.
 */

export interface FoundCode {
  /** As it stands in the message. */
  readonly written: string
  /** Digits only. */
  readonly digits: string
  /** Where it ends in the message. */
  readonly end: number
  /** Something beside it says that it is a code: `HS`, `세번`, `제…호`, `heading`. */
  readonly marked: boolean
}

const marker =
  /(?:\bhs(?:k|us)?|hts(?:us)?|세번(?:부호)?|품목(?:번호|분류)|관세번호|tariff(?: code| no\.?| number)?|heading|sub-?heading|customs code)(?:\s*-?\s*(?:code|코드|부호|번호|no\.?))?\s*(?:는|은|가|이|:|#|is)?\s*$/i
const subject =
  /hs\s*-?\s*(?:code|코드|k\b)|세번|관세|세율|품목\s*(?:번호|분류)|tariff|duty|customs code|제?\s*\d{4}\s*호/i

/** Four digits, then up to three groups that dots, hyphens or spaces may part: `8517.13-0000`, `8517 13 0000`. */
const shape =
  /(?<![\d.,A-Za-z-])(?:hs[ku]?s?|hts)?(?<code>\d{4}(?:[-.]\d{2}(?:[-.]?\d{2,4}(?:[-.]\d{2})?)?|\d{2}(?:\d{2}(?:\d{2})?)?|\d{2}[-.]\d{2,4}| \d{2} (?:\d{2} \d{2}|\d{4}))?)(?![\d]|[-.,]\d|[A-Za-z])/gi
const chapterShape =
  /(?<![\d.,A-Za-z])(?:제\s*)?(?<code>\d{1,2})\s*류(?!\w)|(?:\bchapters?)\s+(?<named>\d{1,2})(?![\d.])/gi

const currencyBefore = /(?:[$₩€£¥￥]|usd|krw|eur|jpy|cny)\s*$/i
const unitAfter =
  /^\s*(?:원|만원|천원|억|달러|불|유로|엔|위안|usd|krw|eur|dollars?|won\b|%|퍼센트|개|대|박스|상자|매|장|벌|켤레|pcs|pieces?|ea\b|units?|kg|g\b|mg|lbs?|oz|ml|l\b|리터|킬로|그램|톤|tons?|mm|cm|m\b|km|미터|인치|inch|mah|w\b|kw|v\b|hz|년|월|일|시간?|분|초|명|번지|층|호선|호실)/i
const yearMonth = /^(?:19|20)\d{2}[-.](?:0[1-9]|1[0-2])(?:[-.](?:0[1-9]|[12]\d|3[01]))?$/

const looksLikeSomethingElse = (before: string, text: string, after: string): boolean =>
  currencyBefore.test(before) || unitAfter.test(after) || yearMonth.test(text) || /^\d{4}-\d{4}$/.test(text)

/** Every code written in `message`, in order; whether it exists is for the nomenclature to say. */
export const findWrittenCodes = (message: string): ReadonlyArray<FoundCode> => {
  const found: Array<FoundCode> = []
  const about = subject.test(message)
  for (const match of message.matchAll(shape)) {
    const text = match.groups?.["code"] ?? ""
    const start = match.index + match[0].length - text.length
    const end = start + text.length
    const before = message.slice(Math.max(0, start - 40), start)
    const after = message.slice(end)
    const digits = text.replace(/\D/g, "")
    const headingSuffix = digits.length === 4 && /^\s*호(?![선실])/.test(after)
    const marked = marker.test(before) || match[0].length > text.length || headingSuffix
    if (!marked && looksLikeSomethingElse(before, text, after)) continue
    const parted = /[.]/.test(text) || (about && /[-\s]/.test(text))
    const bare = /^\d+$/.test(text) && (digits.length > 4 ? about || onlyThis(message, text) : about)
    if (marked || parted || bare)
      found.push({ written: text, digits, end, marked: marked || (about && digits.length > 4) })
  }
  for (const match of message.matchAll(chapterShape)) {
    const digits = (match.groups?.["code"] ?? match.groups?.["named"] ?? "").padStart(2, "0")
    found.push({ written: match[0].trim(), digits, end: match.index + match[0].length, marked: true })
  }
  return found.sort((a, b) => a.end - b.end)
}

const onlyThis = (message: string, text: string): boolean =>
  message.replace(text, "").replace(/[\s?.!]/g, "").length <= 12

/** The message without the codes, for what else it names. */
export const withoutCodes = (message: string, found: ReadonlyArray<FoundCode>): string =>
  found.reduceRight((text, { end, written }) => `${text.slice(0, end - written.length)} ${text.slice(end)}`, message)
