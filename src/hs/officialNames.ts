/** Names of an imported schedule as a second index beside the lexicon's. */
import { Effect } from "effect"
import { Worker } from "node:worker_threads"
import { aliasIndex, type AliasIndex, type AliasTable } from "./AliasIndex.ts"
import type { Phrase } from "./phrases.ts"

/** A name of a national line and the subheading that it stands under. */
export interface OfficialName {
  /** Six digits. */
  readonly code: string
  readonly text: string
}

/** Official names are long and alike: only one that is nearly what was asked says anything. */
const nearlyTheSame = 0.6

const sayingNothing = /^(?:기타|그 밖의? ?것|other)\b/i

export const officialIndex = (names: ReadonlyArray<OfficialName>): Effect.Effect<AliasIndex> =>
  Effect.callback<AliasTable>((resume) => {
    const workerData = names
      .filter(({ text }) => !sayingNothing.test(text))
      .map(({ code, text }): Phrase => ({ code, text, kind: "name" }))
    const worker = new Worker(new URL("tableWorker.ts", import.meta.url), { workerData })
    worker.once("message", (table: AliasTable) => resume(Effect.succeed(table)))
    worker.once("error", (error) => resume(Effect.die(error)))
    return Effect.promise(() => worker.terminate())
  }).pipe(Effect.map(aliasIndex))

/** The lexicon's matches, and what the official names add to them. */
export const together = (lexicon: AliasIndex, official: () => AliasIndex | null): AliasIndex => ({
  search: (phrase, query) => {
    const own = lexicon.search(phrase, query)
    const added =
      official()
        ?.search(phrase, query)
        .filter(({ similarity }) => similarity >= nearlyTheSame) ?? []
    return added.length === 0 ? own : [...own, ...added].sort((a, b) => b.similarity - a.similarity)
  },
})
