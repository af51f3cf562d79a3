/** What an answer may cite by number: for the model in full, for the reader in a line. Pure. */
import type { Evidence } from "../domain/Analysis.ts"
import type { CitedLine, Citations, Grounding, PlacedCandidate } from "../domain/Grounding.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Language } from "../domain/Recognition.ts"
import { linkTo } from "./compose.ts"
import type { Fence } from "./fence.ts"
import { inLanguage } from "./korean.ts"

export interface Source {
  readonly known: string
  readonly shown: string
}

const mostCandidates = 5

export const sourcesOf = (
  { candidates, recognition }: Grounding,
  { lines }: Citations,
  evidence: ReadonlyArray<Evidence>,
  fence: Fence,
): ReadonlyArray<Source> => [
  ...candidates.slice(0, mostCandidates).map((candidate) => fromCandidate(candidate, recognition.language)),
  ...lines.map((line) => fromLine(line, recognition.language)),
  ...evidence.map((found) => ({
    known: `Document found for this question:\n${fence.around("a document", `${found.title}\n${found.source}\n${found.snippet}`)}`,
    shown: linkTo(found),
  })),
]

const fromCandidate = (
  { code, names, confidence, chain, tell, distinction }: PlacedCandidate,
  language: Language,
): Source => ({
  known: [
    `HS 2022 ${dotted(code)}: ${names.ko} / ${names.en}. Confidence ${confidence}.`,
    `Place: ${chain.map((at) => `${dotted(at.code)} ${at.names[language]}`).join(" > ")}.`,
    ...(tell ? [`Required for it: ${tell[language]}.`] : []),
    ...(distinction ? [`Why it is not first: ${distinction.text[language]}.`] : []),
  ].join(" "),
  shown: `HS 2022 ${dotted(code)} ${names[language]}`,
})

const fromLine = ({ country, code, names, rate, source, validFrom }: CitedLine, language: Language): Source => {
  const name = (language === "ko" ? (names.ko ?? names.en) : (names.en ?? names.ko)) ?? ""
  const say = inLanguage(language)
  return {
    known: `Tariff line of ${country}: ${code} ${name}. General rate ${rate ?? "not stated"}. From ${source}, valid from ${validFrom}.`,
    shown: say(`${country} ${code}, ${source} (${validFrom}부터)`, `${country} ${code}, ${source} (from ${validFrom})`),
  }
}

/** The list of those sources that a text cites, or nothing. */
export const citedIn = (text: string, sources: ReadonlyArray<Source>, language: Language): string => {
  const numbers = new Set(
    Array.from(text.matchAll(/\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\](?!\()/g), ([, list = ""]) => list.split(","))
      .flat()
      .map(Number),
  )
  const lines = sources.flatMap(({ shown }, index) => (numbers.has(index + 1) ? [`- [${index + 1}] ${shown}\n`] : []))
  return lines.length === 0 ? "" : `\n\n${inLanguage(language)("### 근거", "### Sources")}\n\n${lines.join("")}`
}
