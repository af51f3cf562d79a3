/**
 * Writes an answer from what is known, in Korean or English: pieces of Markdown that concatenate to it. Says what it
 * does not know. Pure.
 */
import type { Evidence } from "../domain/Analysis.ts"
import type { Citations, Grounding } from "../domain/Grounding.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Language } from "../domain/Recognition.ts"
import { classification } from "./classification.ts"
import { inLanguage } from "./korean.ts"

export const composeAnswer = (grounding: Grounding, citations: Citations): ReadonlyArray<string> => {
  switch (grounding.intent.primary) {
    case "HS_CODE_ANALYSIS":
      return classification(grounding, citations)
    case "TRADE_REGULATION":
      return [...regulation(grounding), ...(grounding.detected ? classification(grounding, citations) : [])]
    case "MARKET_ANALYSIS":
      return statistics(grounding)
    case "CARGO_TRACKING":
      return cargo(grounding)
    case "GENERAL_TRADE_INFO":
      return grounding.detected ? classification(grounding, citations) : general(grounding)
  }
}

const regulation = ({ recognition, detected }: Grounding): ReadonlyArray<string> => {
  const say = inLanguage(recognition.language)
  return [
    say("수입 요건과 규제는 HS코드에 따라 정해집니다. ", "Import requirements follow from the HS code. "),
    say(
      "품목별 요건의 자료는 이 서비스에 없으므로, 요건 자체는 단정하지 않겠습니다.\n\n",
      "This service holds no data on the requirements themselves, so it does not state them.\n\n",
    ),
    ...(detected
      ? []
      : [
          say(
            "어떤 물품인지 이름, 재질, 용도를 알려 주시면 HS코드를 먼저 찾아 드립니다. 코드가 정해지면 관세청 UNI-PASS의 세관장확인대상 조회에서 요건을 확인하실 수 있습니다.\n",
            "Name the product with its material and use, and the HS code comes first. With the code, look the requirements up with the customs authority of the importing country.\n",
          ),
        ]),
  ]
}

const statistics = ({ recognition, detected }: Grounding): ReadonlyArray<string> => {
  const say = inLanguage(recognition.language)
  return [
    say(
      "수출입 통계 수치는 이 서비스가 직접 가지고 있지 않습니다. ",
      "This service holds no trade figures of its own. ",
    ),
    detected
      ? say(
          `통계는 HS코드로 조회하며, 말씀하신 품목은 **${dotted(detected.code)}**(${detected.names.ko})에 해당할 가능성이 높습니다. `,
          `Statistics are looked up by HS code; the product you name is probably **${dotted(detected.code)}** (${detected.names.en}). `,
        )
      : say(
          "통계를 찾으려면 품목의 HS코드가 먼저 필요합니다. ",
          "To look them up you need the product's HS code first. ",
        ),
    say(
      "관세청 수출입무역통계나 한국무역협회 K-stat에서 이 코드로 월별·국가별 수치를 보실 수 있습니다.\n",
      "UN Comtrade and the national customs statistics show the figures for a code by month and country.\n",
    ),
  ]
}

const cargo = ({ recognition }: Grounding): ReadonlyArray<string> => {
  const say = inLanguage(recognition.language)
  return [
    say(
      "화물의 현재 위치나 통관 진행 상황은 이 서비스에서 조회할 수 없습니다. ",
      "This service cannot see where a shipment is. ",
    ),
    say(
      "관세청 UNI-PASS의 화물진행정보에서 B/L 번호나 화물관리번호로 확인하시거나, 운송사의 조회 서비스를 이용해 주세요.\n",
      "Use the carrier's tracking with the bill of lading or container number, or the customs authority's cargo status page (UNI-PASS in Korea).\n",
    ),
  ]
}

const general = ({ recognition }: Grounding): ReadonlyArray<string> => {
  const say = inLanguage(recognition.language)
  return [
    say(
      "안녕하세요. 물품의 HS코드를 찾고 설명해 드리는 서비스입니다.\n\n",
      "Hello. This service finds and explains HS codes for goods.\n\n",
    ),
    say("이렇게 물어보세요:\n", "Ask for instance:\n"),
    say(
      '- 제품 이름으로: "가죽제 여성용 지갑 수입할 때 HS코드가 뭐야?"\n',
      '- by product: "HS code for a women\'s leather wallet"\n',
    ),
    say('- 코드로: "8517.12는 지금 어떤 코드야?"\n', '- by code: "what became of 8517.12?"\n'),
  ]
}

const longestTitle = 120

const escaped = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]<>()#|~]/g, "\\$&")
    .replace(/\s+/g, " ")
    .slice(0, longestTitle)

/** A link to a document, or its title alone when it has no web address. Titles come from outside and are made harmless. */
export const linkTo = ({ title, source }: Evidence): string =>
  onTheWeb(source)
    ? `[${escaped(title)}](<${new URL(source).href.replace(/[<>]/g, encodeURIComponent)}>)`
    : escaped(title)

const onTheWeb = (source: string): boolean => URL.canParse(source) && /^https?:/.test(source)

/** The list of documents that can be opened, or nothing when there is none. */
export const composeSources = (evidence: ReadonlyArray<Evidence>, language: Language): ReadonlyArray<string> => {
  const links = evidence.filter(({ source }) => onTheWeb(source)).map((found) => `- ${linkTo(found)}\n`)
  return links.length === 0 ? [] : [inLanguage(language)("\n### 참고 문서\n\n", "\n### Sources\n\n"), ...links]
}
