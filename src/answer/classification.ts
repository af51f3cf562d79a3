/** The answer to "which HS code is this?". Pure. */
import type { Citations, Grounding, PlacedCandidate } from "../domain/Grounding.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Language } from "../domain/Recognition.ts"
import { inLanguage, withTopic } from "./korean.ts"

const alternativesShown = 4
const levels = {
  2: { ko: "류", en: "Chapter" },
  4: { ko: "호", en: "Heading" },
  6: { ko: "소호", en: "Subheading" },
} as const

const certainty = (confidence: number, language: Language): string => {
  const say = inLanguage(language)
  if (confidence >= 0.9) return say("가능성이 매우 높습니다", "very probably")
  if (confidence >= 0.6) return say("가능성이 높습니다", "probably")
  return say("가능성이 있습니다", "possibly")
}

export const classification = (grounding: Grounding, citations: Citations): ReadonlyArray<string> => {
  const { detected, candidates, recognition } = grounding
  const say = inLanguage(recognition.language)
  const unknown = recognition.unknown.map((code) =>
    say(
      `**${code}**: HS 2022에도 HS 2017에도 없는 코드입니다.\n\n`,
      `**${code}** is no code of HS 2022 or HS 2017.\n\n`,
    ),
  )
  if (!detected) return [...unknown, ...undecided(grounding)]
  const others = candidates.filter(({ code }) => code !== detected.code).slice(0, alternativesShown)
  return [
    ...unknown,
    ...history(grounding),
    verdict(grounding, detected),
    ...place(detected, recognition.language),
    ...nationalLines(citations, recognition.language),
    ...reasons(grounding, detected),
    ...alternatives(others, recognition.language),
    ...questionBack(grounding),
    ...next(recognition.language),
    say(
      "\n> 이 답변은 참고용입니다. 구속력 있는 품목분류는 관세당국(한국은 관세평가분류원의 사전심사)이 결정합니다.\n",
      "\n> For orientation only. A binding classification is the customs authority's to give (an advance ruling).\n",
    ),
  ]
}

const verdict = ({ recognition }: Grounding, detected: PlacedCandidate): string => {
  const { language } = recognition
  const code = dotted(detected.code)
  const sure = certainty(detected.confidence, language)
  if (detected.source === "pattern") {
    return language === "ko"
      ? `**${code}**: ${detected.names.ko}입니다.\n\n`
      : `**${code}** covers: ${detected.names.en}.\n\n`
  }
  const name = recognition.productName ?? (language === "ko" ? "말씀하신 물품" : "the product")
  return language === "ko"
    ? `**${withTopic(name)}** HS 2022의 **${code}**(${detected.names.ko})에 분류될 ${sure}.\n\n`
    : `**${name}** is ${sure} classified in **${code}** (${detected.names.en}) of HS 2022.\n\n`
}

const history = ({ recognition, candidates }: Grounding): ReadonlyArray<string> =>
  recognition.written
    .filter(({ edition }) => edition === "2017")
    .map(({ written, successors }) => {
      const codes = successors
        .map((code) => {
          const named = candidates.find((candidate) => candidate.code === code)
          return `**${dotted(code)}**${named ? ` (${named.names[recognition.language]})` : ""}`
        })
        .join(", ")
      return recognition.language === "ko"
        ? `${withTopic(written)} HS 2017의 코드입니다. HS 2022에서는 ${codes}${successors.length > 1 ? "에 나뉘어 있습니다" : "에 해당합니다"}.\n\n`
        : `${written} is a code of HS 2017. In HS 2022 its goods are in ${codes}.\n\n`
    })

const place = (detected: PlacedCandidate, language: Language): ReadonlyArray<string> => {
  const say = inLanguage(language)
  return [
    say("### 품목표에서의 위치\n\n", "### Its place in the nomenclature\n\n"),
    ...detected.chain.map(({ code, names }) => {
      const level = levels[code.length as 2 | 4 | 6]
      return language === "ko"
        ? `- 제${dotted(code)}${level.ko}: ${names.ko}\n`
        : `- ${level.en} ${dotted(code)}: ${names.en}\n`
    }),
  ]
}

const nationalLines = ({ lines, missing }: Citations, language: Language): ReadonlyArray<string> => {
  const say = inLanguage(language)
  const absent = missing.map((code) =>
    say(
      `- **${code}**: 가져온 국가별 세율표에 없는 세번입니다.\n`,
      `- **${code}** is no line of the imported national schedules.\n`,
    ),
  )
  if (lines.length + absent.length === 0) return []
  return [
    say("\n### 국가별 세번과 세율\n\n", "\n### National lines and rates\n\n"),
    ...lines.map(({ country, code, names, rate, source, validFrom }) => {
      const name = (language === "ko" ? (names.ko ?? names.en) : (names.en ?? names.ko)) ?? ""
      const duty = rate === null ? "" : say(`, 일반세율 **${rate}**`, `, general rate **${rate}**`)
      return say(
        `- ${country} **${code}** ${name}${duty} (${source}, ${validFrom}부터)\n`,
        `- ${country} **${code}** ${name}${duty} (${source}, from ${validFrom})\n`,
      )
    }),
    ...absent,
  ]
}

const reasons = ({ recognition }: Grounding, detected: PlacedCandidate): ReadonlyArray<string> => {
  const say = inLanguage(recognition.language)
  const written = recognition.written.map(({ written }) => written).join(", ")
  const found =
    detected.source === "pattern"
      ? say(
          `- 메시지에 적힌 코드(${written})에서 확인했습니다.\n`,
          `- The message names the code itself (${written}).\n`,
        )
      : say(
          `- 품목 사전에서 "${recognition.productName}"에 가장 가까운 이름이 이 코드에 속합니다.\n`,
          `- In the lexicon of goods, the names nearest to "${recognition.productName}" belong to this code.\n`,
        )
  const tell = detected.tell?.[recognition.language]
  return [
    say("\n### 이유\n\n", "\n### Why\n\n"),
    found,
    ...(tell ? [say(`- 이 소호의 기준: ${tell}\n`, `- What this subheading requires: ${tell}\n`)] : []),
  ]
}

const alternatives = (others: ReadonlyArray<PlacedCandidate>, language: Language): ReadonlyArray<string> => {
  const say = inLanguage(language)
  if (others.length === 0) return []
  return [
    say("\n### 다른 가능성\n\n", "\n### Alternatives\n\n"),
    ...others.map(({ code, names, distinction, tell }) => {
      const why = distinction?.text[language] ?? tell?.[language]
      return `- **${dotted(code)}** ${names[language]}${why === undefined ? "" : `: ${why}`}\n`
    }),
  ]
}

const next = (language: Language): ReadonlyArray<string> => {
  const say = inLanguage(language)
  return [
    say("\n### 다음에 확인할 것\n\n", "\n### What to check next\n\n"),
    say(
      "- 관세율: 수입국의 세율표에서 이 코드의 기본·협정세율\n",
      "- Duty: the general and preferential rates of this code in the importing country's schedule\n",
    ),
    say(
      "- 수입 요건: 인증, 검역, 허가가 필요한 품목인지\n",
      "- Requirements: whether certificates, quarantine or licences apply\n",
    ),
    say("- 애매하면: 세관에 품목분류 사전심사 신청\n", "- When in doubt: apply for an advance ruling\n"),
  ]
}

const questionBack = ({ question, recognition }: Grounding): ReadonlyArray<string> => {
  if (!question) return []
  const say = inLanguage(recognition.language)
  return [
    say("\n### 한 가지만 알려 주세요\n\n", "\n### One question\n\n"),
    `${question.text}\n`,
    ...question.options.map(({ label }) => `- ${label}\n`),
  ]
}

const undecided = (grounding: Grounding): ReadonlyArray<string> => {
  const { recognition, candidates } = grounding
  const say = inLanguage(recognition.language)
  return [
    say(
      "말씀하신 내용만으로는 HS코드를 확정할 수 없습니다. ",
      "What you wrote is not enough to determine an HS code. ",
    ),
    say(
      "물품의 이름에 재질, 용도, 상태를 더해 알려 주세요.\n",
      "Add the product's material, use and state to its name.\n",
    ),
    ...alternatives(candidates.slice(0, alternativesShown), recognition.language),
    ...questionBack(grounding),
  ]
}
