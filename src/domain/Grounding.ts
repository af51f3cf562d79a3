/** What an answer may rest on: nothing else is known. */
import type { Effect } from "effect"
import type { Evidence } from "./Analysis.ts"
import type { HsCode } from "./HsCode.ts"
import type { IntentDetection } from "./Intent.ts"
import type { Distinction, Question } from "./Question.ts"
import type { Candidate, Names, Recognition } from "./Recognition.ts"
import type { Country } from "./Tariff.ts"

/** A candidate in its place in the nomenclature. */
export interface PlacedCandidate extends Candidate {
  /** From the chapter down to the code itself. */
  readonly chain: ReadonlyArray<{ readonly code: HsCode; readonly names: Names }>
  /** What separates it from its siblings. */
  readonly tell: Names | null
  /** Why it did not come first; null for the first. */
  readonly distinction: Distinction | null
}

/** A line of a national schedule, as an answer cites it. */
export interface CitedLine {
  readonly country: Country
  /** As the country writes it. */
  readonly code: string
  readonly names: { readonly ko: string | null; readonly en: string | null }
  /** The general rate as published; null when the publication states none. */
  readonly rate: string | null
  /** Name of the publication, and the first day that it holds. */
  readonly source: string
  readonly validFrom: string
}

export interface Citations {
  /** Lines of the codes that were written, else of the code that was detected. */
  readonly lines: ReadonlyArray<CitedLine>
  /** Codes of more than six digits that were written and stand in no imported schedule. */
  readonly missing: ReadonlyArray<string>
}

/** What the nomenclature knows of a heading's or subheading's digits; an older edition's code has successors. */
export type Standing = "current" | "unknown" | { readonly successors: ReadonlyArray<HsCode> }

/** An earlier message of the session. */
export interface Said {
  readonly role: "user" | "assistant"
  readonly content: string
}

export interface Grounding {
  readonly message: string
  readonly intent: IntentDetection
  readonly recognition: Recognition
  /** Best first. */
  readonly candidates: ReadonlyArray<PlacedCandidate>
  /** The code that the buttons lead to as far as it is known without evidence. */
  readonly detected: PlacedCandidate | null
  /** The question whose answer would decide, when one is needed. */
  readonly question: Question | null
  /** What the imported schedules say; nothing when there are none or they cannot be read in time. */
  readonly citations: Effect.Effect<Citations>
  /** Evidence that has arrived by now; never waits. */
  readonly evidence: Effect.Effect<ReadonlyArray<Evidence>>
  /** Whether a code exists; longer codes are judged by their first six digits. */
  readonly standing: (digits: string) => Standing
  /** What was said before, oldest first; absent when there is nothing to go on with. */
  readonly history?: Effect.Effect<ReadonlyArray<Said>>
}
