import type { ServerResponse } from "node:http"
import { assert, describe, test } from "vitest"
import { ChatInterrupted, ChatRefused, type TurnEvent } from "../../src/client/index.ts"
import { clientOf, failureOf, forever, readAll } from "./reading.ts"
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

const question = { message: "coffee beans" }
const events = `/api/chat/turns/${turnId}/events`

/** A promise that resolves when the event of that number was read. */
const seeing = (sequence: number) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { seen: promise, each: (event: TurnEvent) => (event.sequence >= sequence ? resolve() : undefined) }
}

const resumedAfter = (asked: ReadonlyArray<{ headers: Record<string, unknown> }>) =>
  asked.slice(1).map(({ headers }) => headers["last-event-id"])

describe("a turn whose connection is lost", () => {
  test("in the middle of an event goes on behind the last whole one, and repeats nothing", async () => {
    const { seen, each } = seeing(2)
    const { baseUrl, asked } = await scripted(
      cutAfter(piece(1, "a") + piece(2, "b") + piece(3, "c").slice(0, 90), seen),
      stream(piece(2, "b"), piece(3, "c"), end(4)),
    )
    const read = await readAll(clientOf(baseUrl).chat.send(question), each)
    assert.deepStrictEqual(read, ["main_message_data 1", "main_message_data 2", "main_message_data 3", "stream_end 4"])
    assert.deepInclude(asked[1], { method: "GET", path: events, body: "" })
    assert.deepStrictEqual(resumedAfter(asked), [`${turnId}-2`])
  })

  test("before its first event starts over without asking again", async () => {
    const { baseUrl, asked } = await scripted(stream(), stream(end(1)))
    assert.deepStrictEqual(await readAll(clientOf(baseUrl).chat.send(question)), ["stream_end 1"])
    assert.deepInclude(asked[1], { method: "GET", path: events })
    assert.notProperty(asked[1]?.headers, "last-event-id")
  })

  test("without a sound is noticed by its silence, while it speaks and while it is asked", async () => {
    const asking = Promise.withResolvers<void>()
    const { baseUrl, asked } = await scripted(
      (response) => void response.writeHead(200, streamHead).write(piece(1, "a")),
      () => asking.resolve(),
      stream(end(2)),
    )
    const silences: Array<Promise<void>> = []
    const { chat } = clientOf(baseUrl, {
      patience: { stallTimeout: 40_000, firstDelay: 100 },
      wait: (milliseconds, signal) =>
        milliseconds < 40_000 ? Promise.resolve() : (silences.shift() ?? forever(signal)),
    })
    const read = await readAll(chat.send(question), ({ sequence }) => {
      if (sequence === 1) silences.push(Promise.resolve(), asking.promise)
    })
    assert.deepStrictEqual(read, ["main_message_data 1", "stream_end 2"])
    assert.deepStrictEqual(resumedAfter(asked), [`${turnId}-1`, `${turnId}-1`])
  })

  test("again and again goes on as long as something comes", async () => {
    const pieces = Array.from({ length: 12 }, (_, index) => stream(piece(index + 1, "x")))
    const { baseUrl } = await scripted(...pieces, stream(end(13)))
    const { chat, waits } = clientOf(baseUrl, { patience: { attempts: 1, firstDelay: 100, stallTimeout: 1_000_000 } })
    assert.lengthOf(await readAll(chat.send(question)), 13)
    assert.isTrue(waits.every((wait) => wait <= 100))
  })

  test("for good says where it was, so that it can be resumed later", async () => {
    const { baseUrl } = await scripted(stream(piece(1, "a")), hangUp, hangUp)
    const { chat } = clientOf(baseUrl, { patience: { attempts: 2, stallTimeout: 1_000_000 } })
    const failure = await failureOf(readAll(chat.send(question)))
    assert.instanceOf(failure, ChatInterrupted)
    assert.deepInclude(failure, { turnId, after: 1 })
  })

  test("waits where too many come back at once", async () => {
    const { baseUrl } = await scripted(
      stream(piece(1, "a")),
      problem(429, "RATE_LIMIT_002", { headers: { "retry-after": "2" } }),
      problem(503, "HTTP_503", { headers: { "retry-after": "5" } }),
      stream(end(2)),
    )
    const { chat, waits } = clientOf(baseUrl)
    assert.lengthOf(await readAll(chat.send(question)), 2)
    assert.lengthOf(waits, 3)
    assert.isTrue((waits[1] ?? 0) >= 2000 && (waits[2] ?? 0) >= 5000)
  })

  test("and is too old when it comes back says so", async () => {
    const { baseUrl } = await scripted(stream(piece(1, "a")), problem(410, "CHAT_012"))
    const failure = await failureOf(readAll(clientOf(baseUrl).chat.send(question)))
    assert.instanceOf(failure, ChatRefused)
    assert.deepInclude(failure, { status: 410, code: "CHAT_012" })
  })
})

describe("the order of events", () => {
  test("is kept: where one is missing the rest is asked for again", async () => {
    const { baseUrl, asked } = await scripted(
      stream(piece(1, "a"), piece(3, "c"), end(4)),
      stream(piece(2, "b"), "data: {garbled\n\n", end(4)),
      stream(piece(3, "c"), end(4)),
    )
    const read = await readAll(clientOf(baseUrl).chat.send(question))
    assert.deepStrictEqual(read, ["main_message_data 1", "main_message_data 2", "main_message_data 3", "stream_end 4"])
    assert.deepStrictEqual(resumedAfter(asked), [`${turnId}-1`, `${turnId}-2`])
  })

  test("may leave some out once the service has said that it no longer has them", async () => {
    const notice = wire(5, "error", { errorCode: "REPLAY_INCOMPLETE", recoverable: true })
    const { baseUrl } = await scripted(stream(piece(1, "a")), stream(notice, wire(9, "main_message_complete"), end(12)))
    const read = await readAll(clientOf(baseUrl).chat.send(question))
    assert.deepStrictEqual(read, ["main_message_data 1", "error 5", "main_message_complete 9", "stream_end 12"])
  })

  test("and a hole without a word ends it at last", async () => {
    const { baseUrl, asked } = await scripted(...Array.from({ length: 4 }, () => stream(piece(2, "b"), end(3))))
    const { chat } = clientOf(baseUrl, { patience: { attempts: 3, stallTimeout: 1_000_000 } })
    assert.instanceOf(await failureOf(readAll(chat.send(question))), ChatInterrupted)
    assert.lengthOf(asked, 4)
  })
})

describe("resuming after a reload", () => {
  test("reads what came since", async () => {
    const { baseUrl, asked } = await scripted(stream(piece(8, "x"), end(9)))
    const turn = clientOf(baseUrl, { token: "t" }).chat.resume(turnId, 7)
    assert.strictEqual(await turn.turnId, turnId)
    assert.deepStrictEqual(await readAll(turn), ["main_message_data 8", "stream_end 9"])
    assert.deepInclude(asked[0]?.headers, { "last-event-id": `${turnId}-7`, authorization: "Bearer t" })
  })

  test("reads everything when it does not say from where", async () => {
    const { baseUrl } = await scripted(stream(piece(1, "x"), end(2)))
    assert.lengthOf(await readAll(clientOf(baseUrl).chat.resume(turnId)), 2)
  })

  test("ends at once when all was read, and says so when the turn is too old", async () => {
    const { baseUrl } = await scripted(empty(204), problem(410, "CHAT_012"))
    const { chat } = clientOf(baseUrl)
    assert.deepStrictEqual(await readAll(chat.resume(turnId, 9)), [])
    assert.deepInclude(await failureOf(readAll(chat.resume(turnId, 9))), { status: 410, code: "CHAT_012" })
  })
})

describe("whoever has heard enough", () => {
  test("stops the answer and still gets its end", async () => {
    const { promise: stopped, resolve } = Promise.withResolvers<void>()
    const { baseUrl, asked } = await scripted(
      async (response) => {
        response.writeHead(200, streamHead).write(piece(1, "a"))
        await stopped
        response.end(wire(2, "stream_end", { status: "cancelled" }))
      },
      (response) => {
        response.writeHead(204).end()
        resolve()
      },
    )
    const turn = clientOf(baseUrl, { token: "t" }).chat.send(question)
    let status = ""
    for await (const event of turn.events) {
      if (event.eventType === "main_message_data") await turn.stop()
      if (event.eventType === "stream_end") status = event.status
    }
    assert.strictEqual(status, "cancelled")
    assert.deepInclude(asked[1], { method: "DELETE", path: `/api/chat/turns/${turnId}` })
    assert.strictEqual(asked[1]?.headers.authorization, "Bearer t")
  })

  test("stops for sure: again when it was not heard, and content when there is nothing left to stop", async () => {
    const { baseUrl, asked } = await scripted(
      stream(end(1)),
      hangUp,
      problem(410, "CHAT_012"),
      problem(404, "CHAT_009"),
    )
    const turn = clientOf(baseUrl).chat.send(question)
    await turn.stop()
    assert.deepStrictEqual(
      asked.map(({ method }) => method),
      ["POST", "DELETE", "DELETE"],
    )
    assert.deepInclude(await failureOf(turn.stop()), { status: 404 })
  })

  /** A stream that goes on, and when its reader has gone. */
  const openStream = () => {
    const closed = Promise.withResolvers<void>()
    const answer = (response: ServerResponse) => {
      response.once("close", () => closed.resolve())
      response.writeHead(200, streamHead).write(piece(1, "a") + piece(2, "b"))
    }
    return { answer, closed: closed.promise }
  }
  const reason = new Error("the page is gone")

  test.each([1, 2])("leaves by a signal after event %i: its reason ends the reading", async (last) => {
    const { answer, closed } = openStream()
    const { baseUrl, asked } = await scripted(answer)
    const { chat } = clientOf(baseUrl)
    const controller = new AbortController()
    const read: Array<number> = []
    const reading = readAll(chat.send(question, { signal: controller.signal }), ({ sequence }) => {
      read.push(sequence)
      if (sequence === last) controller.abort(reason)
    })
    assert.strictEqual(await failureOf(reading), reason)
    assert.strictEqual(read.at(-1), last)
    await closed
    const late = chat.send(question, { signal: controller.signal })
    assert.strictEqual(await failureOf(late.turnId), reason)
    assert.lengthOf(asked, 1)
  })

  test("leaves by a signal before any answer", async () => {
    const controller = new AbortController()
    const { baseUrl } = await scripted(() => controller.abort(reason))
    const turn = clientOf(baseUrl).chat.send(question, { signal: controller.signal })
    assert.strictEqual(await failureOf(readAll(turn)), reason)
  })

  test("leaves the loop, which closes the connection", async () => {
    const { answer, closed } = openStream()
    const { baseUrl } = await scripted(answer)
    for await (const event of clientOf(baseUrl).chat.send(question).events) {
      assert.strictEqual(event.sequence, 1)
      break
    }
    await closed
  })

  test("need not sit out a wait", async () => {
    const { baseUrl } = await scripted(hangUp)
    const controller = new AbortController()
    const { chat } = clientOf(baseUrl, {
      wait: (milliseconds, signal) => {
        const waiting = forever(signal)
        if (milliseconds < 1000) controller.abort(new Error("enough"))
        return waiting
      },
    })
    const failure = await failureOf(readAll(chat.send(question, { signal: controller.signal })))
    assert.deepInclude(failure, { message: "enough" })
  })
})
