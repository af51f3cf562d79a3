/** How often the intents of labelled questions are detected, and how often the trade filter is right about a message. */
import { readFileSync } from "node:fs"
import type { Intent, IntentDetection } from "../../src/domain/Intent.ts"
import type { Language } from "../../src/domain/Recognition.ts"

export type Detect = (message: string) => IntentDetection

export interface Question {
  readonly language: Language
  readonly primary: Intent
  readonly secondary: ReadonlyArray<Intent>
  readonly text: string
}

const rowsOf = (name: string): ReadonlyArray<ReadonlyArray<string>> =>
  readFileSync(new URL(`../../test/chat/${name}.tsv`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))

export type Part = "tuning" | "heldback"

export const readQuestions = (part: Part): ReadonlyArray<Question> =>
  rowsOf(`intents-${part}`).map(([language, primary, secondary, text]) => ({
    language: language as Language,
    primary: primary as Intent,
    secondary: (secondary ?? "").split(",").filter((intent) => intent !== "") as ReadonlyArray<Intent>,
    text: text ?? "",
  }))

/** Messages that are about anything but trade: odd rows tune, even rows are held back. */
export const readOffTopic = (part: Part): ReadonlyArray<string> =>
  rowsOf("off-topic")
    .filter((_, index) => (index % 2 === 0) === (part === "tuning"))
    .map(([, text]) => text ?? "")

const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)

export interface Measured {
  readonly questions: number
  /** The primary intent is the labelled one. */
  readonly primary: number
  /** Labelled secondary intents that are among the detected ones, primary included. */
  readonly secondaryRecall: number
  /** Detected secondary intents that are labelled, primary included. */
  readonly secondaryPrecision: number
  /** Trade questions that the filter would refuse. */
  readonly refused: number
  readonly misses: ReadonlyArray<{ readonly question: Question; readonly detected: IntentDetection }>
}

export const measureIntents = (detect: Detect, questions: ReadonlyArray<Question>): Measured => {
  const rows = questions.map((question) => {
    const detected = detect(question.text)
    const labelled = new Set([question.primary, ...question.secondary])
    return {
      question,
      detected,
      right: detected.primary === question.primary,
      found: question.secondary.filter((intent) => [detected.primary, ...detected.secondary].includes(intent)).length,
      apt: detected.secondary.filter((intent) => labelled.has(intent)).length,
    }
  })
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0)
  return {
    questions: rows.length,
    primary: share(
      sum(({ right }) => Number(right)),
      rows.length,
    ),
    secondaryRecall: share(
      sum(({ found }) => found),
      sum(({ question }) => question.secondary.length),
    ),
    secondaryPrecision: share(
      sum(({ apt }) => apt),
      sum(({ detected }) => detected.secondary.length),
    ),
    refused: share(
      sum(({ detected }) => Number(!detected.trade)),
      rows.length,
    ),
    misses: rows.filter(
      ({ question, detected, right, found }) => !right || !detected.trade || found < question.secondary.length,
    ),
  }
}

export const refusedShare = (detect: Detect, messages: ReadonlyArray<string>): number =>
  share(messages.filter((message) => !detect(message).trade).length, messages.length)
