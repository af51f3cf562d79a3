import type { ServerResponse } from "node:http"
import { assert, describe, test } from "vitest"
import { ChatInterrupted, ChatRefused } from "../../src/client/index.ts"
import { answerOf, clientOf, failureOf, readAll } from "./reading.ts"
import {
  cutAfter,
  empty,
  end,
  hangUp,
  piece,
  problem,
  scripted,
  stream,
  streamHead,
  turnId,
  wire,
} from "./ScriptedServer.ts"

const question = { message: "가죽 지갑 HS코드가 뭐야?" }

describe("a question", () => {
  test("is sent once with a key of its own, and its events are read to the end", async () => {
    const { baseUrl, asked } = await scripted(stream(piece(1, "4202"), ": keep-alive\n\n", piece(2, ".31"), end(3)))
    const { chat } = clientOf(`${baseUrl}/`)
    const turn = chat.send({ ...question, sessionId: "s", language: "ko" })
    assert.strictEqual(await turn.turnId, turnId)
    assert.strictEqual(await answerOf(turn), "4202.31")
    assert.lengthOf(asked, 1)
    assert.deepInclude(asked[0], { method: "POST", path: "/api/chat" })
    assert.deepStrictEqual(JSON.parse(asked[0]?.body ?? ""), {
      ...question,
      sessionId: "s",
      context: { language: "ko" },
    })
    assert.match(`${asked[0]?.headers["idempotency-key"]}`, /^[0-9a-f]{32}$/)
    assert.notProperty(asked[0]?.headers, "authorization")
  })

  test("of a member carries a fresh token on every connection", async () => {
    const { baseUrl, asked } = await scripted(stream(piece(1, "a")), stream(end(2)))
    let issued = 0
    const { chat } = clientOf(baseUrl, { token: async () => `token ${(issued += 1)}` })
    await readAll(chat.send(question))
    assert.deepStrictEqual(
      asked.map(({ headers }) => headers.authorization),
      ["Bearer token 1", "Bearer token 2"],
    )
  })

  test("whose answer never came is sent again under the same key, other questions under other keys", async () => {
    const { baseUrl, asked } = await scripted(hangUp, stream(end(1)), stream(end(1)), stream(end(1)))
    const { chat, waits } = clientOf(baseUrl)
    assert.deepStrictEqual(await readAll(chat.send(question)), ["stream_end 1"])
    await readAll(chat.send(question))
    await readAll(chat.send(question, { idempotencyKey: "mine" }))
    const keys = asked.map(({ headers }) => headers["idempotency-key"])
    assert.strictEqual(keys[0], keys[1])
    assert.strictEqual(asked[0]?.body, asked[1]?.body)
    assert.lengthOf(new Set(keys), 3)
    assert.strictEqual(keys[3], "mine")
    assert.lengthOf(waits, 1)
  })

  test("waits as long as a draining service asks, and then some, so that not all come back at once", async () => {
    const { baseUrl } = await scripted(
      problem(503, "HTTP_503", { headers: { "retry-after": "5" } }),
      problem(503, "HTTP_503", { headers: { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" } }),
      stream(end(1)),
    )
    const { chat, waits } = clientOf(baseUrl)
    const turn = chat.send(question)
    assert.strictEqual(await turn.turnId, turnId, "without anybody reading the events")
    const [first = 0, second = 0] = waits
    assert.isTrue(first >= 5250 && first <= 5500, `${first}`)
    assert.isTrue(second >= 500 && second <= 1000, `${second}`)
  })

  test("is not kept waiting longer than its patience", async () => {
    const { baseUrl, asked } = await scripted(problem(503, "HTTP_503", { headers: { "retry-after": "120" } }))
    const refusal = await failureOf(readAll(clientOf(baseUrl).chat.send(question)))
    assert.instanceOf(refusal, ChatRefused)
    assert.deepInclude(refusal, { status: 503, retryAfter: 120 })
    assert.lengthOf(asked, 1)
  })

  const refusals = [
    [401, "AUTH_003", null],
    [403, "CHAT_008", null],
    [409, "CHAT_011", null],
    [422, "CHAT_003", null],
    [429, "RATE_LIMIT_002", 3],
    [500, "HTTP_500", null],
  ] as const
  test.each(refusals)("that is refused with %i %s says so at once", async (status, code, retryAfter) => {
    const headers: Record<string, string> = retryAfter === null ? {} : { "retry-after": `${retryAfter}` }
    const { baseUrl, asked } = await scripted(problem(status, code, { headers }))
    const turn = clientOf(baseUrl).chat.send(question)
    const refusal = await failureOf(readAll(turn))
    assert.instanceOf(refusal, ChatRefused)
    assert.deepInclude(refusal, { status, code, retryAfter, detail: `detail of ${code}`, errors: [] })
    assert.strictEqual(await failureOf(turn.turnId), refusal)
    assert.strictEqual(await failureOf(turn.stop()), refusal)
    assert.lengthOf(asked, 1)
  })

  test("that is too short is refused with the field", async () => {
    const errors = [{ path: ["message"], message: "too short" }]
    const { baseUrl } = await scripted(problem(400, "CHAT_001", { errors }))
    const refusal = await failureOf(readAll(clientOf(baseUrl).chat.send({ message: "x" })))
    assert.deepInclude(refusal, { status: 400, code: "CHAT_001", errors })
  })

  test("is not lost on what is no chat: a proxy's page, a page in place of a stream", async () => {
    const page = (status: number) => (response: ServerResponse) => {
      response.writeHead(status, { "content-type": "text/html" }).end("<html>")
    }
    const { baseUrl } = await scripted(page(404), page(200), empty(204))
    const { chat } = clientOf(baseUrl)
    for (const status of [404, 200, 204]) {
      const refusal = await failureOf(readAll(chat.send(question)))
      assert.instanceOf(refusal, ChatRefused)
      assert.deepInclude(refusal, { status, code: null })
    }
  })

  test("is given up after so many attempts, with growing waits between them", async () => {
    const { baseUrl, asked } = await scripted(hangUp, hangUp, hangUp, hangUp, hangUp)
    const patience = { attempts: 4, firstDelay: 100, longestDelay: 400, stallTimeout: 1_000_000 }
    const { chat, waits } = clientOf(baseUrl, { patience })
    const failure = await failureOf(readAll(chat.send(question)))
    assert.instanceOf(failure, ChatInterrupted)
    assert.deepInclude(failure, { turnId: null, after: 0 })
    assert.lengthOf(asked, 5)
    const bounds = [100, 200, 400, 400]
    assert.lengthOf(waits, bounds.length)
    for (const [index, wait] of waits.entries()) {
      const longest = bounds[index] ?? 0
      assert.isTrue(wait >= longest / 2 && wait <= longest, `${wait} of ${longest}`)
    }
  })

  test("whose token cannot be had fails with the reason why", async () => {
    const { baseUrl, asked } = await scripted()
    const reason = new Error("signed out")
    const { chat } = clientOf(baseUrl, { token: () => Promise.reject(reason) })
    assert.strictEqual(await failureOf(readAll(chat.send(question))), reason)
    assert.lengthOf(asked, 0)
  })
})

describe("the bytes of a stream", () => {
  test("may be cut anywhere, in the middle of a character too", async () => {
    const bytes = new TextEncoder().encode(piece(1, "가죽 지갑 🙂") + end(2))
    for (let at = 1; at < bytes.length; at += 1) {
      const body = new ReadableStream({
        start: (stream) => {
          stream.enqueue(bytes.slice(0, at))
          stream.enqueue(bytes.slice(at))
          stream.close()
        },
      })
      const { chat } = clientOf("", { fetch: async () => new Response(body, { headers: streamHead }) })
      assert.strictEqual(await answerOf(chat.send(question)), "가죽 지갑 🙂")
    }
  })

  test("may hold what is no event of a turn, and events of a newer service", async () => {
    const later = wire(2, "weather_report", { sky: "blue" })
    const { baseUrl } = await scripted(
      stream("retry: 10\n\n", "event: ping\ndata: pong\n\n", "data: [1]\n\n", piece(1, "a"), later, end(3)),
    )
    const seen: Array<unknown> = []
    const read = await readAll(clientOf(baseUrl).chat.send(question), (event) => {
      if (event.eventType === "unknown") seen.push(event.name, event.data["sky"], event.data["eventType"])
    })
    assert.deepStrictEqual(read, ["main_message_data 1", "unknown 2", "stream_end 3"])
    assert.deepStrictEqual(seen, ["weather_report", "blue", "weather_report"])
  })

  test("count no more once the turn has ended", async () => {
    const { baseUrl, asked } = await scripted(stream(end(1), piece(2, "late")))
    assert.deepStrictEqual(await readAll(clientOf(baseUrl).chat.send(question)), ["stream_end 1"])
    const { baseUrl: other } = await scripted(cutAfter(end(1), new Promise(() => {})))
    assert.deepStrictEqual(await readAll(clientOf(other).chat.send(question)), ["stream_end 1"])
    assert.lengthOf(asked, 1)
  })
})
