/** What a question is about when it goes on with a session. */
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import { subjectOf } from "../../src/chat/openTurn.ts"
import { SessionId, UserId } from "../../src/domain/Turn.ts"
import { ChatHistory, HistoryUnavailable } from "../../src/history/ChatHistory.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { ask, harmonizedSystem, historyInMemory } from "./TestRooms.ts"

const message = "가죽"
const request = ask(
  { _tag: "Member", userId: UserId.make("alice") },
  { message, sessionId: SessionId.make(randomUUID()) },
)
const wallet = {
  product: "지갑",
  question: { kind: "material" as const, text: "어떤 재질입니까?", options: [] },
}

const subject = (authorize: ChatHistory["Service"]["authorize"]) =>
  Effect.gen(function* () {
    const history = { ...(yield* ChatHistory), authorize, openQuestion: () => Effect.succeed(Option.some(wallet)) }
    return yield* subjectOf(request, history, yield* HarmonizedSystem)
  }).pipe(Effect.provide(historyInMemory()))

layer(harmonizedSystem)("a short answer", (it) => {
  it.effect("is about the product that the session's last turn asked back about", () =>
    Effect.map(
      subject(() => Effect.void),
      (text) => assert.strictEqual(text, "가죽 지갑"),
    ),
  )

  it.effect("takes nothing from a session while it is not known whose it is", () =>
    Effect.map(
      subject(() =>
        Effect.fail(new HistoryUnavailable({ operation: "authorize", retryable: true, reason: "no answer" })),
      ),
      (text) => assert.strictEqual(text, message),
    ),
  )
})
