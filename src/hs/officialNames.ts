/** Names of imported schedules: whoever writes one as it stands there means its line. Pure. */
import { normalise, withoutQuestion } from "./text.ts"

/** A name of a national line and the subheading that it stands under. */
export interface OfficialName {
  /** Six digits. */
  readonly code: string
  readonly text: string
}

/** A name that many subheadings share ("for men") names none of them. */
const mostSharing = 5
const shortest = 3

const lettersOf = (phrase: string): string => phrase.replace(/[^\p{L}\p{N}]/gu, "")

/** The subheadings that bear exactly this name; few, or none. */
export type OfficialNames = (phrase: string) => ReadonlyArray<string>

export const officialNames = (names: ReadonlyArray<OfficialName>): OfficialNames => {
  const codes = new Map<string, Set<string>>()
  for (const { code, text } of names) {
    const key = lettersOf(withoutQuestion(normalise(text)))
    if (key.length >= shortest) codes.set(key, (codes.get(key) ?? new Set()).add(code))
  }
  return (phrase) => {
    const found = codes.get(lettersOf(phrase))
    return found === undefined || found.size > mostSharing ? [] : [...found]
  }
}
