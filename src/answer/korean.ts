/** Two languages in one text, and the Korean particles that depend on the word before them. Pure. */
import type { Language } from "../domain/Recognition.ts"

export const inLanguage =
  (language: Language) =>
  (ko: string, en: string): string =>
    language === "ko" ? ko : en

const digitsWithFinal = new Set(["0", "1", "3", "6", "7", "8"])

const endsInConsonant = (word: string): boolean => {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, "").at(-1) ?? ""
  if (/[가-힣]/.test(last)) return (last.charCodeAt(0) - 0xac00) % 28 !== 0
  return digitsWithFinal.has(last) || /[lmnr]/i.test(last)
}

/** The word with `은` or `는`. */
export const withTopic = (word: string): string => `${word}${endsInConsonant(word) ? "은" : "는"}`
