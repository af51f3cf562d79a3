/** One message and everything that follows from it. */
import { Schema, SchemaTransformation } from "effect"
import { Language } from "./Recognition.ts"

/** Taken in either case, which some platforms' UUIDs are written in, and compared in small letters. */
const id = Schema.String.check(Schema.isUUID()).pipe(Schema.decode(SchemaTransformation.toLowerCase()))

export const TurnId = id.pipe(Schema.brand("TurnId"))
export type TurnId = typeof TurnId.Type

export const SessionId = id.pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** Whatever the issuer of tokens calls a member, as long as it can be stored. */
export const UserId = Schema.String.check(Schema.isPattern(/^[^\p{Cc}\p{Cs}]{1,255}$/u)).pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

/** Who asks. A guest is answered and not recorded. */
export type Caller = { readonly _tag: "Guest" } | { readonly _tag: "Member"; readonly userId: UserId }

export const messageLength = { minimum: 2, maximum: 1000 }

/** The body of `POST /api/chat`. Unknown fields are ignored; the message's length is checked apart, for its own codes. */
export const ChatRequest = Schema.Struct({
  message: Schema.Trim.annotate({
    description: `The question, ${messageLength.minimum} to ${messageLength.maximum} Unicode code points after trimming`,
  }),
  sessionId: Schema.optional(Schema.NullOr(SessionId)),
  session_uuid: Schema.optional(Schema.NullOr(SessionId)),
  context: Schema.optional(
    Schema.NullOr(
      Schema.Struct({
        language: Schema.optional(Schema.NullOr(Language)),
        userAgent: Schema.optional(Schema.NullOr(Schema.String)),
      }),
    ),
  ),
})
export type ChatRequest = typeof ChatRequest.Type
