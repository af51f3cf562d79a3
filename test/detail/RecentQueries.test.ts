import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { RecentQueries } from "../../src/detail/RecentQueries.ts"
import { HsCode } from "../../src/domain/HsCode.ts"
import type { Recognition } from "../../src/domain/Recognition.ts"
import { UserId } from "../../src/domain/Turn.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const named = (productName: string | null): Recognition => ({
  language: "ko",
  productName,
  written: [],
  unknown: [],
  candidates: [],
  supersedes: null,
})

const code = HsCode.make("851713")
const [alice, bob] = [UserId.make("alice"), UserId.make("bob")]
const kept = <A, E, R>(use: (recent: RecentQueries["Service"]) => Effect.Effect<A, E, R>, secret = "one secret") =>
  Effect.flatMap(RecentQueries, use).pipe(Effect.provide(RecentQueries.layerOf(Redacted.make(secret))))

layer(migratedDatabase)("a member's recent queries", (it) => {
  it.effect("are the last twenty different ones, newest first, of thirty days", () =>
    kept((recent) =>
      Effect.gen(function* () {
        for (let n = 1; n <= 22; n++) {
          yield* recent.note(alice, named(`product ${n}`), code)
          yield* TestClock.adjust("1 second")
        }
        yield* recent.note(alice, named("product 5"), null)
        yield* recent.note(alice, named(null), null)
        const queries = yield* recent.of(alice)
        assert.lengthOf(queries, 20)
        assert.deepInclude(queries[0], { query: "product 5", hscode: null })
        assert.deepInclude(queries[1], { query: "product 22", hscode: "8517.13" })
        assert.isFalse(queries.some(({ query }) => query === "product 2"))
        const sql = yield* PgClient.PgClient
        yield* sql`UPDATE recent_queries SET asked_at = asked_at - interval '31 days'`
        assert.deepStrictEqual(yield* recent.of(alice), [])
      }),
    ),
  )

  it.effect("are nobody else's, carry no name in the database, and go when the member wants", () =>
    kept((recent) =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        yield* recent.note(alice, named("gold ring"), code)
        yield* recent.note(bob, named("gold ring"), code)
        yield* recent.erase(alice)
        assert.deepStrictEqual(yield* recent.of(alice), [])
        assert.lengthOf(yield* recent.of(bob), 1)
        assert.deepStrictEqual(yield* kept(({ of }) => of(bob), "another secret"), [])
        assert.notInclude(JSON.stringify(yield* sql`SELECT member FROM recent_queries`), "bob")
      }),
    ),
  )
})
