import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber } from "effect"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { rooms } from "./rooms.ts"
import { alice, bob, finished, sessionId, turnId } from "./turns.ts"

const begun = Effect.gen(function* () {
  const history = yield* ChatHistory
  const [turn, session] = [turnId(), sessionId()]
  yield* history.begin({ turnId: turn, userId: alice, sessionId: session, message: "question" })
  return { history, session, answer: finished(turn, session) }
})

/** Runs `statement` before each such write, until the scope is closed. */
const disturbing = (event: string, statement: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    yield* Effect.acquireRelease(
      sql.unsafe(
        `CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${statement}; RETURN NEW; END $$`,
      ),
      () => Effect.orDie(sql`DROP FUNCTION disturb CASCADE`),
    )
    yield* sql.unsafe(`CREATE TRIGGER disturb BEFORE ${event} FOR EACH ROW EXECUTE FUNCTION disturb()`)
  })

const kept = (session: ReturnType<typeof sessionId>) =>
  Effect.gen(function* () {
    const reader = yield* HistoryReader
    const read = yield* reader.session(alice, session)
    return {
      count: read.session.messageCount,
      messages: read.messages.map(({ content, hsCodeAnalysis }) => [content, hsCodeAnalysis?.detected_hscode ?? null]),
    }
  })

const question = ["question", null]

layer(rooms, { excludeTestServices: true })("a turn's writes", (it) => {
  it.effect("an analysis that cannot be stored does not take the answer down with it", () =>
    Effect.gen(function* () {
      for (const wrong of [
        { classification_confidence: 1.5 },
        { product_name: "NUL \0" },
        { detected_hscode: "8517.14" },
      ]) {
        const { answer, history, session } = yield* begun
        const saved = yield* history.complete({
          ...answer,
          hscodeAnalysis: answer.hscodeAnalysis && { ...answer.hscodeAnalysis, ...wrong },
        })
        assert.strictEqual(saved.messageCount, 2)
        assert.deepStrictEqual(yield* kept(session), { count: 2, messages: [question, ["8517.13입니다", null]] })
      }
    }),
  )

  it.effect("the answer is not there when the session's counters could not be changed with it", () =>
    Effect.gen(function* () {
      const { answer, history, session } = yield* begun
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* disturbing("UPDATE ON chat_sessions", "RAISE EXCEPTION 'no' USING ERRCODE = '23514'")
          const failed = yield* Effect.flip(history.complete(answer))
          assert.deepInclude(failed, { _tag: "HistoryUnavailable", operation: "complete", retryable: false })
          assert.deepStrictEqual(yield* kept(session), { count: 1, messages: [question] })
        }),
      )
      yield* history.complete(answer)
      assert.deepStrictEqual(yield* kept(session), { count: 2, messages: [question, ["8517.13입니다", "8517.13"]] })
    }),
  )

  it.effect("what a turn reads of those before it does not wait for a table that is locked", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { history, session } = yield* begun
      const [locked, done] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const locking = yield* sql`LOCK TABLE chat_sessions, chat_messages IN ACCESS EXCLUSIVE MODE`.pipe(
        Effect.andThen(Deferred.succeed(locked, undefined)),
        Effect.andThen(Deferred.await(done)),
        sql.withTransaction,
        Effect.forkChild,
      )
      yield* Deferred.await(locked)
      for (const read of [
        history.authorize(alice, session),
        history.openQuestion(session),
        history.recentMessages(alice, session, 10),
      ]) {
        assert.deepInclude(yield* Effect.flip(read), { _tag: "HistoryUnavailable", reason: "no answer" })
      }
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(locking)
    }),
  )

  for (const [name, code] of [
    ["serialization failure", "40001"],
    ["deadlock", "40P01"],
  ]) {
    it.effect(`a ${name} is tried again, and the answer is stored once with its analysis`, () =>
      Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const { answer, history, session } = yield* begun
        // What a sequence has given is not taken back by a rollback.
        yield* sql`CREATE SEQUENCE tries`
        yield* disturbing(
          "INSERT ON chat_messages",
          `IF nextval('tries') < 3 THEN RAISE EXCEPTION USING ERRCODE = '${code}'; END IF`,
        )
        yield* history.complete(answer)
        assert.deepStrictEqual(yield* sql`SELECT last_value::int AS tries FROM tries`, [{ tries: 3 }])
        assert.deepStrictEqual(yield* kept(session), { count: 2, messages: [question, ["8517.13입니다", "8517.13"]] })
        yield* sql`DROP SEQUENCE tries`
      }),
    )
  }

  it.effect("the same turn written by two at once is stored once, and both are told the same", () =>
    Effect.gen(function* () {
      const { answer, history, session } = yield* begun
      const [one, two] = yield* Effect.all([history.complete(answer), history.complete(answer)], {
        concurrency: "unbounded",
      })
      assert.strictEqual(one.messageId, two.messageId)
      assert.strictEqual((yield* kept(session)).count, 2)
    }),
  )

  it.effect("no answer gets into somebody else's session, nor into one that was erased meanwhile", () =>
    Effect.gen(function* () {
      const records = yield* MemberRecords
      const { answer, history, session } = yield* begun
      const intruder = turnId()
      yield* history.begin({ turnId: intruder, userId: bob, sessionId: session, message: "let me in" })
      const refused = yield* Effect.flip(history.complete(finished(intruder, session)))
      assert.deepInclude(refused, { _tag: "HistoryUnavailable", retryable: false })
      assert.deepStrictEqual(yield* kept(session), { count: 1, messages: [question] })
      yield* records.eraseSession(alice, session)
      yield* Effect.flip(history.complete(answer))
      assert.strictEqual((yield* Effect.flip(kept(session)))._tag, "SessionNotFound")
    }),
  )

  it.effect("a server that is lost while the answer is written comes back in time, and it is there once", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const { answer, history, session } = yield* begun
      yield* sql`CREATE SEQUENCE tries`
      yield* disturbing(
        "INSERT ON chat_messages",
        "IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF",
      )
      yield* history.complete(answer)
      assert.deepStrictEqual(yield* kept(session), { count: 2, messages: [question, ["8517.13입니다", "8517.13"]] })
      yield* sql`DROP SEQUENCE tries`
    }),
  )
})
