/** What documentation said of a code in earlier turns: public texts, nothing of who asked. For the code's page. */
import { PgClient } from "@effect/sql-pg"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { Evidence } from "../domain/Analysis.ts"
import type { DatedEvidence } from "../domain/DetailPage.ts"
import { DottedCode, type HsCode } from "../domain/HsCode.ts"

const shown = 5
const patience = "5 seconds"

/** The database did not take it. */
export class ShelfUnavailable extends Schema.TaggedError<ShelfUnavailable>()("ShelfUnavailable", {}) {}

export class EvidenceShelf extends Context.Service<
  EvidenceShelf,
  {
    /** Keeps it in place of what the same source said before; a failure is logged and costs nothing but the page's list. */
    readonly keep: (code: HsCode, evidence: ReadonlyArray<Evidence>) => Effect.Effect<void>
    /** Takes away what a library said, what was said of a code (of all below it when it is shorter), or everything. */
    readonly forget: (about: {
      readonly code: HsCode | null
      readonly library: string | null
    }) => Effect.Effect<void, ShelfUnavailable>
    /** Newest first; nothing while the database does not answer. */
    readonly of: (code: HsCode) => Effect.Effect<ReadonlyArray<DatedEvidence>>
  }
>()("hs-trade-chat/detail/EvidenceShelf") {
  static readonly layer = Layer.effect(
    EvidenceShelf,
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const newest = SqlSchema.findAll({
        Request: Schema.String,
        Result: Schema.Struct({
          title: Schema.String,
          source: Schema.String,
          snippet: Schema.String,
          codes: Schema.Array(DottedCode),
          found_at: Schema.Date,
        }),
        execute: (code) => sql`
          SELECT title, source, snippet, codes, found_at FROM code_evidence
          WHERE code = ${code} ORDER BY found_at DESC LIMIT ${shown}`,
      })
      return EvidenceShelf.of({
        keep: Effect.fn("EvidenceShelf.keep")(function* (code: HsCode, evidence: ReadonlyArray<Evidence>) {
          const found_at = DateTime.toDateUtc(yield* DateTime.now)
          yield* Effect.forEach(
            evidence,
            ({ codes, library = null, snippet, source, title }) => sql`
              INSERT INTO code_evidence (code, source, title, snippet, codes, library, found_at)
              VALUES (${code}, ${source}, ${title}, ${snippet}, ${[...codes]}, ${library}, ${found_at})
              ON CONFLICT (code, source, title) DO UPDATE SET
                snippet = excluded.snippet, codes = excluded.codes, library = excluded.library, found_at = excluded.found_at`,
            { discard: true },
          ).pipe(
            Effect.timeout(patience),
            Effect.catch((error) => Effect.logWarning("evidence not kept", error.message)),
          )
        }),
        forget: Effect.fn("EvidenceShelf.forget")(function* ({ code, library }) {
          yield* sql`
            DELETE FROM code_evidence
            WHERE (${code}::text IS NULL OR starts_with(code, ${code}))
              AND (${library}::text IS NULL OR library = ${library})`.pipe(
            Effect.mapError(() => new ShelfUnavailable()),
          )
        }),
        of: Effect.fn("EvidenceShelf.of")(function* (code: HsCode) {
          return yield* newest(code).pipe(
            Effect.map((rows) =>
              rows.map(({ found_at, ...evidence }): DatedEvidence => ({
                ...evidence,
                foundAt: found_at.toISOString(),
              })),
            ),
            Effect.catch((error) => Effect.as(Effect.logWarning("evidence not read", error.message), [])),
          )
        }),
      })
    }),
  )
}
