import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { at, hear, models } from "./asking.ts"
import { grounding } from "./grounding.ts"
import { answering, type Exchange, providerServer, type Wire, wires } from "./ProviderServer.ts"

const question = grounding("ko", "HS_CODE_ANALYSIS", { message: "아이폰 HS코드 알려줘" })

/** What is heard from one model that does as told, and the requests that reached it. */
const heardFrom = (
  wire: Wire,
  answer: (exchange: Exchange, nth: number) => void,
  more: Record<string, string> = {},
  asked = question,
) =>
  Effect.gen(function* () {
    const { url, exchanges } = yield* providerServer(answer)
    return { ...(yield* hear({ ...at(wire, url), ...more }, asked)), exchanges }
  })

describe.each(wires)("the $name model", (wire) => {
  const half = (exchange: Exchange) => exchange.write(wire.start + wire.text("반쯤 "))

  it.live("says what its provider streams, with its name, its usage and how it ended", () =>
    Effect.gen(function* () {
      const { exchanges, ...heard } = yield* heardFrom(wire, answering(wire, "스마", "트폰", "입니다"))
      assert.deepStrictEqual(heard, {
        model: wire.model,
        text: "스마트폰입니다",
        finish: { _tag: "Finish", reason: "stop", usage: { inputTokens: 25, outputTokens: 7 } },
        failure: undefined,
      })
      const [{ path, headers, body } = assert.fail("no request")] = exchanges
      assert.strictEqual(path, wire.path)
      assert.strictEqual(headers.authorization, "Bearer secret-key")
      assert.deepInclude(body, { model: wire.model, stream: true, max_tokens: 1024 })
      assert.include(body.messages.at(-1)?.content, "아이폰 HS코드 알려줘")
    }),
  )

  it.live("says that its answer reached the limit", () =>
    Effect.gen(function* () {
      const { finish } = yield* heardFrom(wire, (exchange) => {
        half(exchange)
        exchange.write(wire.finish("length"))
        exchange.end()
      })
      assert.strictEqual(finish?.reason, "length")
    }),
  )

  it.live("gives way to the grounded answer when its first words do not come in time, and hangs up", () =>
    Effect.gen(function* () {
      for (const silence of ["", wire.start]) {
        const { model, text, exchanges } = yield* heardFrom(wire, ({ write }) => silence && write(silence), {
          ANSWER_FIRST_TOKEN_TIMEOUT: "100 millis",
        })
        assert.strictEqual(model, "grounded")
        assert.include(text, "8517.13")
        assert.strictEqual(exchanges.length, 1)
        yield* Deferred.await(exchanges[0]!.closed)
      }
    }),
  )

  it.live("keeps what it said when it falls silent, says that it failed, and hangs up", () =>
    Effect.gen(function* () {
      const { text, failure, finish, exchanges } = yield* heardFrom(wire, half, {
        ANSWER_IDLE_TIMEOUT: "100 millis",
      })
      assert.deepStrictEqual([text, failure, finish], ["반쯤 ", "idle_timeout", undefined])
      yield* Deferred.await(exchanges[0]!.closed)
    }),
  )

  it.live.each([429, 500, 529])("is asked again after a status of %i, and answers then", (status) =>
    Effect.gen(function* () {
      const { model, text, exchanges } = yield* heardFrom(wire, (exchange, nth) =>
        nth < 2 ? exchange.refuse(status, wire.error(status)) : answering(wire, "드디어")(exchange),
      )
      assert.deepStrictEqual([model, text, exchanges.length], [wire.model, "드디어", 3])
    }),
  )

  it.live("is asked three times at most, and only once when asking again cannot help", () =>
    Effect.gen(function* () {
      for (const [status, times] of [
        [529, 3],
        [401, 1],
      ] as const) {
        const { model, exchanges } = yield* heardFrom(wire, ({ refuse }) => refuse(status, wire.error(status)))
        assert.deepStrictEqual([model, exchanges.length], ["grounded", times])
      }
    }),
  )

  it.live("is asked again when the connection breaks before its first words, and not after them", () =>
    Effect.gen(function* () {
      const before = yield* heardFrom(wire, (exchange, nth) =>
        nth === 0 ? exchange.cut() : answering(wire, "네")(exchange),
      )
      assert.deepStrictEqual([before.model, before.text, before.exchanges.length], [wire.model, "네", 2])
      let cut: Exchange | undefined
      const { url, exchanges } = yield* providerServer((exchange) => half((cut = exchange)))
      const parts: Array<string> = []
      const error = yield* Effect.flatMap(AnswerModel, ({ answer }) =>
        Stream.runForEach(answer(question), (part) =>
          Effect.sync(() => {
            parts.push(part._tag)
            if (part._tag === "Text") cut?.cut()
          }),
        ),
      ).pipe(Effect.provide(models(at(wire, url))), Effect.flip)
      assert.deepStrictEqual([parts, error.reason, exchanges.length], [["Model", "Text"], "connection", 1])
    }),
  )

  it.live("has failed when its stream ends without an ending", () =>
    Effect.gen(function* () {
      const { text, failure } = yield* heardFrom(wire, (exchange) => {
        half(exchange)
        exchange.end()
      })
      assert.deepStrictEqual([text, failure], ["반쯤 ", "connection"])
    }),
  )

  it.live("gives way when it refuses or says nothing, and stops when it refuses to go on", () =>
    Effect.gen(function* () {
      for (const reason of ["refusal", "length"] as const) {
        const silent = yield* heardFrom(wire, (exchange) => {
          exchange.write(wire.start + wire.finish(reason))
          exchange.end()
        })
        assert.deepStrictEqual([silent.model, silent.exchanges.length], ["grounded", 1])
      }
      const late = yield* heardFrom(wire, (exchange) => {
        half(exchange)
        exchange.write(wire.finish("refusal"))
        exchange.end()
      })
      assert.deepStrictEqual([late.text, late.finish?.reason], ["반쯤 ", "stop"])
    }),
  )

  it.live("gives way when its stream is garbled or fails before its first words, and has failed after them", () =>
    Effect.gen(function* () {
      for (const [fault, reason] of [
        [wire.garbled, "malformed"],
        [wire.overloaded, wire.name === "anthropic" ? "overloaded" : "server_error"],
      ] as const) {
        const before = yield* heardFrom(wire, ({ write }) => write(wire.start + fault))
        assert.strictEqual(before.model, "grounded")
        const after = yield* heardFrom(wire, (exchange) => {
          half(exchange)
          exchange.write(fault)
        })
        assert.deepStrictEqual([after.text, after.failure], ["반쯤 ", reason])
      }
    }),
  )

  it.live.each([
    ["it is waited for", Effect.void],
    ["its last words are still being read", Effect.never],
  ] as const)("hangs up as soon as nobody wants its answer any more, while %s", ([, reading]) =>
    Effect.gen(function* () {
      const { url, exchanges } = yield* providerServer(half)
      const heard = yield* Deferred.make<void>()
      const reader = yield* Effect.flatMap(AnswerModel, ({ answer }) =>
        Stream.runForEach(answer(question), ({ _tag }) =>
          _tag === "Text" ? Effect.andThen(Deferred.succeed(heard, undefined), reading) : Effect.void,
        ),
      ).pipe(Effect.provide(models(at(wire, url))), Effect.forkChild)
      yield* Deferred.await(heard)
      yield* Fiber.interrupt(reader)
      yield* Deferred.await(exchanges[0]!.closed)
    }),
  )

  it.live("gives way when nobody listens at its address", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* hear(at(wire, "http://127.0.0.1:1"), question)).model, "grounded")
    }),
  )

  it.live("has a code marked that does not exist, however its pieces are cut, and its sources listed", () =>
    Effect.gen(function* () {
      const { text } = yield* heardFrom(
        wire,
        answering(wire, "8517.13 [1]이고 99", "99.", "99는 아닙", "니다. "),
        {},
        { ...question, standing: (digits) => (digits === "851713" ? "current" : "unknown") },
      )
      assert.include(text, "8517.13 [1]이고 9999.99(존재하지 않는 코드)는 아닙니다.")
      assert.match(text, /### 근거\n\n- \[1\] HS 2022 8517\.13 스마트폰\n$/)
    }),
  )
})

describe("a list of models", () => {
  const [anthropic, openai] = wires

  it.live("is tried in its order, the next only when the one before failed", () =>
    Effect.gen(function* () {
      const first = yield* providerServer(({ refuse }) => refuse(401, anthropic.error(401)))
      const second = yield* providerServer(answering(openai, "저는 됩니다"))
      const env = { ...at(anthropic, first.url), ...at(openai, second.url) }
      const heard = yield* hear({ ...env, ANSWER_MODEL: "anthropic, openai" }, question)
      assert.deepStrictEqual([heard.model, heard.text], [openai.model, "저는 됩니다"])
      const turned = yield* hear({ ...env, ANSWER_MODEL: "openai,anthropic" }, question)
      assert.strictEqual(turned.model, openai.model)
      assert.strictEqual(first.exchanges.length, 1)
    }),
  )

  it.live("ends with the grounded model, which is the default and lets none behind it answer", () =>
    Effect.gen(function* () {
      const { url, exchanges } = yield* providerServer(answering(anthropic, "저요"))
      const heard = yield* hear({ ...at(anthropic, url), ANSWER_MODEL: "grounded,anthropic" }, question)
      assert.strictEqual(heard.model, "grounded")
      assert.strictEqual((yield* hear({}, question)).model, "grounded")
      assert.strictEqual(exchanges.length, 0)
    }),
  )
})
