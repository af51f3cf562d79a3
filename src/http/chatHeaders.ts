/** The headers by which a client goes on with a turn, or asks once however often it sends. */
import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { TurnId } from "../domain/Turn.ts"
import { BadRequest, saying } from "./problems.ts"

const longestKey = 200

const malformed = (detail: string) => new BadRequest(saying("CHAT_000", detail))

/** Whether the request goes on with a turn; an empty header goes on with none. */
export const goesOn = ({ headers }: HttpServerRequest.HttpServerRequest): boolean => Boolean(headers["last-event-id"])

/** `<turnId>-<sequence>` of the last event that the client has; null when it goes on with none. */
export const lastEventOf = (request: HttpServerRequest.HttpServerRequest) => {
  if (!goesOn(request)) return Effect.succeed(null)
  const written = request.headers["last-event-id"] ?? ""
  const [, id, sequence] = /^(.{36})-(\d{1,9})$/.exec(written) ?? []
  return Schema.decodeUnknownEffect(TurnId)(id).pipe(
    Effect.map((turnId) => ({ turnId, sequence: Number(sequence) })),
    Effect.mapError(() => malformed("Last-Event-ID is not the id of one of our events.")),
  )
}

export const readIdempotencyKey = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const key = headers["idempotency-key"] ?? null
  return key === null || (key !== "" && key.length <= longestKey)
    ? Effect.succeed(key)
    : Effect.fail(malformed(`Idempotency-Key has 1 to ${longestKey} characters.`))
}
