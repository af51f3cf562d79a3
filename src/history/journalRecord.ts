/** A record of the journal: one of a turn's two writes, as a line of JSON behind its checksum. */
import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { TurnStatus } from "../domain/ChatEvent.ts"
import { SessionId, TurnId, UserId } from "../domain/Turn.ts"

/** The JSON columns of an answer, encoded. */
export const Analysis = Schema.Struct({
  hscode: Schema.Json,
  context7: Schema.Json,
  bookmark: Schema.Json,
  detailTime: Schema.NullOr(Schema.Finite),
  metrics: Schema.Json,
})
export type Analysis = typeof Analysis.Type

const whose = {
  turnId: TurnId,
  sessionId: SessionId,
  userId: UserId,
  /** When it should have been written. */
  at: Schema.DateTimeUtc,
}

export const JournalRecord = Schema.TaggedUnion({
  Question: { ...whose, message: Schema.String },
  Answer: { ...whose, content: Schema.String, status: TurnStatus, model: Schema.String, analysis: Analysis },
})
export type JournalRecord = typeof JournalRecord.Type
export type Question = Extract<JournalRecord, { _tag: "Question" }>
export type Answer = Extract<JournalRecord, { _tag: "Answer" }>

const Line = Schema.fromJsonString(Schema.toCodecJson(JournalRecord))

const checksum = (json: string): string => createHash("sha256").update(json).digest("hex").slice(0, 16)

export const lineOf = (record: JournalRecord) =>
  Effect.map(Schema.encodeEffect(Line)(record), (json) => `${checksum(json)} ${json}\n`)

/** None when the line is torn or was changed. */
export const recordOf = (line: string): Effect.Effect<Option.Option<JournalRecord>> => {
  const json = line.slice(17)
  return line.startsWith(`${checksum(json)} `)
    ? Effect.option(Schema.decodeUnknownEffect(Line)(json))
    : Effect.succeed(Option.none())
}
