/** Reads the body of `POST /api/chat`; whatever is wrong with it is refused with its own code. */
import { Effect, Schema, SchemaIssue } from "effect"
import type { HttpServerRequest } from "effect/http"
import { ChatRequest, messageLength } from "../domain/Turn.ts"
import { BadRequest, saying, TooLarge, UnsupportedType } from "./problems.ts"

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const invalid = (detail: string) => new BadRequest(saying("CHAT_000", detail))

const readText = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const type = request.headers["content-type"] ?? ""
  if (!/^application\/json\s*(;|$)/i.test(type) || /charset=(?!"?utf-8)/i.test(type)) {
    return yield* new UnsupportedType(saying("HTTP_415", "Send application/json in UTF-8."))
  }
  const bytes = yield* request.arrayBuffer.pipe(
    Effect.mapError(() => new TooLarge(saying("HTTP_413", "The body is larger than this endpoint takes."))),
  )
  return yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => invalid("The body is not UTF-8."),
  })
})

/** The request with its trimmed message. */
export const readChatRequest = Effect.fn("http.readChatRequest")(function* (
  request: HttpServerRequest.HttpServerRequest,
) {
  const text = yield* readText(request)
  const json = yield* Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: () => invalid("The body is not JSON."),
  })
  const body = yield* Schema.decodeUnknownEffect(ChatRequest)(json).pipe(
    Effect.mapError((error) => {
      const errors = issuesOf(error.issue).issues.map(({ path, message }) => ({
        path: (path ?? []).map((part) =>
          typeof part === "object" ? String(part.key) : typeof part === "symbol" ? String(part) : part,
        ),
        message,
      }))
      return new BadRequest({
        ...saying("CHAT_000", "The body does not have the form that this endpoint takes."),
        errors,
      })
    }),
  )
  const length = Array.from(body.message).length
  const refuse = (code: string, detail: string) =>
    new BadRequest({ ...saying(code, detail), errors: [{ path: ["message"], message: detail }] })
  if (length < messageLength.minimum)
    return yield* refuse("CHAT_001", `The message needs at least ${messageLength.minimum} characters.`)
  if (length > messageLength.maximum)
    return yield* refuse("CHAT_002", `The message may have ${messageLength.maximum} characters at most.`)
  if (body.message.includes("\u0000") || !body.message.isWellFormed()) {
    return yield* refuse(
      "CHAT_000",
      "The message holds characters that no text can hold (NUL or half a surrogate pair).",
    )
  }
  return body
})
