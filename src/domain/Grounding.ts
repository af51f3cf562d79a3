/** What an answer may rest on: nothing else is known. */
import type { Effect } from "effect"
import type { Evidence } from "./Analysis.ts"
import type { HsCode } from "./HsCode.ts"
import type { IntentDetection } from "./Intent.ts"
import type { Distinction, Question } from "./Question.ts"
import type { Candidate, Names, Recognition } from "./Recognition.ts"

/** A candidate in its place in the nomenclature. */
export interface PlacedCandidate extends Candidate {
  /** From the chapter down to the code itself. */
  readonly chain: ReadonlyArray<{ readonly code: HsCode; readonly names: Names }>
  /** What separates it from its siblings. */
  readonly tell: Names | null
  /** Why it did not come first; null for the first. */
  readonly distinction: Distinction | null
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
  /** Evidence that has arrived by now; never waits. */
  readonly evidence: Effect.Effect<ReadonlyArray<Evidence>>
}
