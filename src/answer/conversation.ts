/** As much of what was said before as a model is given. Pure. */
import type { Said } from "../domain/Grounding.ts"

/** Tokens of a text, rather too many than too few: Korean takes about one a character. */
const tokensIn = (text: string): number => {
  const wide = text.match(/[^\p{ASCII}]/gu)?.length ?? 0
  return wide + Math.ceil((text.length - wide) / 3)
}

/** The last messages that fit together, beginning with one of the user's. */
export const lastThatFit = (messages: ReadonlyArray<Said>, tokens: number): ReadonlyArray<Said> => {
  let left = tokens
  const tooOld = messages.findLastIndex(({ content }) => (left -= tokensIn(content)) < 0)
  const kept = messages.slice(tooOld + 1)
  const first = kept.findIndex(({ role }) => role === "user")
  return first < 0 ? [] : kept.slice(first)
}
