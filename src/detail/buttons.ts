/** The three buttons of a detected code. Pure. */
import type { DetailButton } from "../domain/DetailButton.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Candidate, Language, Recognition } from "../domain/Recognition.ts"
import type { Nomenclature } from "../hs/Nomenclature.ts"

/** With `{hscode}` and `{country}`. */
export interface UrlTemplates {
  readonly HS_CODE: string
  readonly REGULATION: string
  readonly STATISTICS: string
}

const country = "ALL"

const texts = {
  HS_CODE: {
    ko: (code: string, name: string) => ({
      title: `HS ${code} 상세 정보`,
      description: `${name}의 품목분류, 세율, 근거`,
    }),
    en: (code: string, name: string) => ({
      title: `HS ${code} in detail`,
      description: `Classification, rates and evidence for ${name}`,
    }),
  },
  REGULATION: {
    ko: (code: string, name: string) => ({
      title: "수출입 규제 확인",
      description: `${name}(${code})의 수입 요건과 규제`,
    }),
    en: (code: string, name: string) => ({
      title: "Check regulations",
      description: `Import requirements and restrictions for ${name} (${code})`,
    }),
  },
  STATISTICS: {
    ko: (code: string, name: string) => ({ title: "무역 통계 보기", description: `${name}(${code})의 수출입 통계` }),
    en: (code: string, name: string) => ({
      title: "See trade statistics",
      description: `Imports and exports of ${name} (${code})`,
    }),
  },
}

const alternativesShown = 4

export const buttonsFor = (
  detected: Candidate,
  candidates: ReadonlyArray<Candidate>,
  recognition: Recognition,
  nomenclature: Nomenclature,
  templates: UrlTemplates,
  searchTime: number,
): ReadonlyArray<DetailButton> => {
  const language: Language = recognition.language
  const code = dotted(detected.code)
  const name = detected.names[language]
  const metadata = {
    hscode: code,
    country,
    confidence: detected.confidence,
    searchTime,
    analysisSource: detected.source,
    categoryInfo: {
      chapter: detected.code.slice(0, 2),
      heading: detected.code.length >= 4 ? detected.code.slice(0, 4) : null,
      subheading: detected.code.length >= 6 ? dotted(detected.code.slice(0, 6)) : null,
      description: nomenclature
        .chain(detected.code)
        .map((entry) => entry.names[language])
        .join(" > "),
    },
    alternatives: candidates
      .filter((candidate) => candidate.code !== detected.code)
      .slice(0, alternativesShown)
      .map(({ code, names, confidence }) => ({ hscode: dotted(code), description: names[language], confidence })),
    supersedes: recognition.supersedes === null ? null : dotted(recognition.supersedes),
  }
  return (["HS_CODE", "REGULATION", "STATISTICS"] as const).map((buttonType, index) => ({
    type: "button",
    buttonType,
    priority: (index + 1) as 1 | 2 | 3,
    url: templates[buttonType].replaceAll("{hscode}", encodeURIComponent(code)).replaceAll("{country}", country),
    ...texts[buttonType][language](code, name),
    isReady: true,
    metadata,
    actionData: {
      queryParams: { hscode: code, country },
      analytics: { buttonType, analysisSource: detected.source },
    },
  }))
}
