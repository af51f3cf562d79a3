/** The headers by which a client goes on with a turn, or asks once however often it sends. */
import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { TurnId } from "../domain/Turn.ts"
import { BadRequest, saying } from "./problems.ts"

const longestKey = 200

const malformed = (detail: string) => new BadRequest(saying("CHAT_000", detail))

/** `<turnId>-<sequence>` of the last event that the client has; null without the header. */
export const lastEventOf = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const written = headers["last-event-id"]
  if (written === undefined || written === "") return Effect.succeed(null)
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
