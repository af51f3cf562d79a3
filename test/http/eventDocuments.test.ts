import asyncApi from "@asyncapi/specs"
import { assert, layer } from "@effect/vitest"
import { Ajv, type SchemaObject } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect } from "effect"
import { wholeTurn } from "../chat/contract.ts"
import { harmonizedSystem, historyInMemory } from "../chat/TestRooms.ts"
import { ask, bearer, edge, request, tokenFor } from "./Edge.ts"

/** Every name that the API guide gives an event. */
const contract = [
  "initial_metadata",
  "session_info",
  "thinking_intent_analysis",
  "thinking_parallel_processing_start",
  "thinking_rag_search_planning",
  "thinking_rag_search_executing",
  "thinking_data_processing",
  "thinking_detail_page_preparation",
  "thinking_member_record_saving",
  "thinking_response_generation",
  "main_message_start",
  "main_message_data",
  "main_message_complete",
  "detail_page_buttons_start",
  "detail_page_button_ready",
  "detail_page_buttons_complete",
  "detail_page_buttons_error",
  "member_session_created",
  "member_record_saved",
  "error",
  "stream_end",
]

const document = (path: string) =>
  Effect.flatMap(request(path), (response) =>
    Effect.map(
      Effect.promise(() => response.text()),
      (text) => ({ type: response.headers.get("content-type"), text }),
    ),
  )

const eventsSchema = Effect.map(document("/events.schema.json"), ({ text }) => JSON.parse(text))

/** That schema carries the one that schemas are checked by (draft 7) itself. */
const isAsyncApi = new Ajv({ meta: false, validateSchema: false, validateFormats: false, strict: false }).compile(
  asyncApi.schemas["3.0.0"] as SchemaObject,
)

/** What a reference within a document names. */
const at = (root: unknown, reference: string): unknown =>
  reference
    .replace(/^#\//, "")
    .split("/")
    .reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], root)

const dataOf = (stream: string): ReadonlyArray<unknown> => {
  const lines = [...stream.matchAll(/^data: (.*)$/gm)].map(([, data]) => data ?? "")
  wholeTurn(lines)
  return lines.map((line) => JSON.parse(line))
}

layer(harmonizedSystem)("the documents of the events", (it) => {
  const provided = Effect.provide(edge({}, historyInMemory()))

  it.effect("give a JSON Schema that knows every event and takes what real turns send, and nothing else", () =>
    Effect.gen(function* () {
      const schema = yield* eventsSchema
      assert.sameMembers(Object.keys(schema.$defs), contract)
      const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
      const turns = [yield* ask(), yield* ask(bearer(yield* tokenFor("alice")))].map(({ text }) => dataOf(text))
      for (const event of turns.flat()) assert.isTrue(validate(event), JSON.stringify([event, validate.errors]))
      const [first] = turns[0] as ReadonlyArray<Record<string, unknown>>
      for (const wrong of [
        { sequence: 0 },
        { sequence: "1" },
        { eventType: "other" },
        { intent: "OTHER" },
        { turnId: null },
      ]) {
        assert.isFalse(validate({ ...first, ...wrong }), JSON.stringify(wrong))
      }
      assert.isTrue(validate({ ...first, later: "field" }), "fields may be added")
    }).pipe(provided),
  )

  it.effect("give an AsyncAPI document that fits AsyncAPI's own schema and leaves no reference open", () =>
    Effect.gen(function* () {
      const { type, text } = yield* document("/asyncapi.json")
      assert.include(type, "application/vnd.aai.asyncapi+json")
      const described = JSON.parse(text)
      assert.isTrue(isAsyncApi(described), JSON.stringify(isAsyncApi.errors?.slice(0, 3)))
      assert.isFalse(isAsyncApi({ ...described, operations: { ask: { action: "shout" } } }))
      const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference ?? "")
      for (const reference of references) assert.isDefined(at(described, reference), reference)
      const { chat, turn } = described.channels
      assert.deepStrictEqual([chat.address, turn.address], ["/api/chat", "/api/chat/turns/{turnId}/events"])
      assert.sameMembers(Object.keys(chat.messages), ["question", ...contract])
      assert.sameMembers(Object.keys(turn.messages), contract)
      for (const name of contract) {
        const message = at(described, turn.messages[name].$ref) as { name: string; payload: { $ref: string } }
        assert.strictEqual(message.name, name)
        const payload = at(described, message.payload.$ref) as { properties: { eventType: unknown } }
        assert.deepStrictEqual(payload.properties.eventType, { type: "string", enum: [name] })
      }
      const question = described.components.schemas.question
      assert.containsAllKeys(question.properties, ["message", "sessionId", "session_uuid", "context"])
    }).pipe(provided),
  )

  it.effect("are named where people look for them", () =>
    Effect.gen(function* () {
      for (const path of ["/openapi.json", "/docs"]) {
        const { text } = yield* document(path)
        assert.include(text, "/events.schema.json")
        assert.include(text, "/asyncapi.json")
      }
    }).pipe(provided),
  )
})
