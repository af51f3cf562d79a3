/**
 * Asks the libraries that the operator names, else the best one that carries the subject's name. One that was looked up
 * and turns out not to be about trade is passed over for a day.
 */
import { Effect, Exit, type Ref, Result, Schema } from "effect"
import { Persistable, Persistence } from "effect/persistence"
import type { Context7Call } from "../domain/Analysis.ts"
import type { Context7Service } from "../context7/Context7.ts"
import type { Context7Error } from "../context7/Context7Error.ts"
import { recorded } from "./calls.ts"
import { type Documented, isAboutTrade } from "./relevance.ts"

export interface Subject {
  readonly question: string
  /** The name that a library is looked up by. */
  readonly about: string
}

export interface Documents {
  readonly libraries: ReadonlyArray<string>
  readonly snippets: ReadonlyArray<Documented>
  /** Some of the libraries failed. */
  readonly partial: boolean
}

export type Consult = (
  subject: Subject,
  calls: Ref.Ref<ReadonlyArray<Context7Call>>,
) => Effect.Effect<Documents, Context7Error>

export const makeConsult = Effect.fnUntraced(function* (context7: Context7Service) {
  const useless = yield* (yield* Persistence.Persistence).make({
    storeId: "context7-useless",
    timeToLive: () => "1 day",
  })
  const isUseless = (id: string) =>
    Effect.map(
      Effect.orElseSucceed(useless.get(new Useless({ id })), () => undefined),
      (known) => known !== undefined,
    )
  const lookedUp = Effect.fnUntraced(function* ({ about, question }: Subject, calls: Parameters<Consult>[1]) {
    const found = yield* recorded(
      calls,
      "resolve-library-id",
      { libraryName: about },
      (libraries) => `${libraries.length} libraries`,
      context7.resolveLibraryId(about, question),
    )
    return (yield* Effect.filter(
      found.map(({ id }) => id),
      (id) => Effect.map(isUseless(id), (known) => !known),
    )).slice(0, 1)
  })
  const consult: Consult = Effect.fnUntraced(function* (subject, calls) {
    const named = context7.libraries.length > 0
    const libraries = named ? context7.libraries : yield* lookedUp(subject, calls)
    const answers = yield* Effect.forEach(
      libraries,
      (library) =>
        recorded(
          calls,
          "query-docs",
          { libraryId: library },
          (snippets) => `${snippets.length} snippets`,
          context7.getLibraryDocs(library, subject.question),
        ).pipe(
          Effect.flatMap((snippets) => {
            if (named || isAboutTrade(snippets)) return Effect.succeed(snippets)
            return Effect.as(Effect.ignore(useless.set(new Useless({ id: library }), Exit.void)), [])
          }),
          Effect.map((snippets) => snippets.map((snippet): Documented => ({ ...snippet, library }))),
          Effect.catchTag("LibraryNotFound", () => Effect.succeed([])),
          Effect.result,
        ),
      { concurrency: "unbounded" },
    )
    const snippets = answers.flatMap((answer) => (Result.isSuccess(answer) ? answer.success : []))
    const failed = answers.find(Result.isFailure)
    if (failed && snippets.length === 0) return yield* failed.failure
    return { libraries, snippets, partial: failed !== undefined }
  })
  return (subject: Subject, calls: Parameters<Consult>[1]) =>
    consult(subject, calls).pipe(
      Effect.catchTag("LibraryNotFound", () => Effect.succeed({ libraries: [], snippets: [], partial: false })),
    )
})

class Useless extends Persistable.Class<{ payload: { id: string } }>()("UselessLibrary", {
  primaryKey: ({ id }) => id,
  success: Schema.Void,
}) {}
