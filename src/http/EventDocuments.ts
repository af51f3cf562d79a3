/**
 * What a stream holds, for machines: the JSON Schema of its events, and an AsyncAPI document of the chat. Both are made
 * from the Schemas that encode the events; the draft of each is the one that its readers expect.
 */
import { JsonSchema, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { ChatEvent, eventNames } from "../domain/ChatEvent.ts"
import { ChatRequest } from "../domain/Turn.ts"
import { Api } from "./Api.ts"

const jsonSchema = (): object => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(ChatEvent)
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_2020_12,
    title: "An event of a chat turn",
    ...schema,
    $defs: definitions,
  }
}

/** AsyncAPI's own schemas are those of draft 7, kept in one place. */
const componentsOf = (schema: Schema.Constraint) => {
  const document = JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(schema))
  const moved = JSON.stringify(document).replaceAll('"$ref":"#/definitions/', '"$ref":"#/components/schemas/')
  return JSON.parse(moved) as typeof document
}

const to = (...path: ReadonlyArray<string>) => ({ $ref: `#/${path.join("/")}` })

const sseHeaders = (name: string) => ({
  type: "object",
  required: ["id", "event"],
  properties: {
    id: { type: "string", description: "`<turnId>-<sequence>`, what `Last-Event-ID` takes" },
    event: { type: "string", const: name },
  },
})

const eventMessage = (name: string) => ({
  name,
  contentType: "application/json",
  headers: sseHeaders(name),
  payload: to("components", "schemas", name),
})

const byName = <A>(make: (name: string) => A) => Object.fromEntries(eventNames.map((name) => [name, make(name)]))

const messagesOf = (channel: string) => eventNames.map((name) => to("channels", channel, "messages", name))

const http = (method: string) => ({ http: { method, bindingVersion: "0.3.0" } })

const asyncApi = (): object => {
  const events = byName((name) => to("components", "messages", name))
  const request = componentsOf(ChatRequest)
  const { definitions } = componentsOf(ChatEvent)
  const { title, version } = OpenApi.fromApi(Api).info
  return {
    asyncapi: "3.0.0",
    info: {
      title,
      version,
      description:
        "A question is answered by a turn: events as Server-Sent Events, numbered from 1 without a gap, the last one `stream_end`. Refusals and everything else are in the OpenAPI document at `/openapi.json`.",
    },
    defaultContentType: "application/json",
    channels: {
      chat: { address: "/api/chat", messages: { question: to("components", "messages", "question"), ...events } },
      turn: {
        address: "/api/chat/turns/{turnId}/events",
        parameters: { turnId: { description: "From `X-Turn-Id` or `initial_metadata`" } },
        messages: events,
      },
    },
    operations: {
      ask: {
        action: "receive",
        summary: "Takes a question and answers it with the events of a turn",
        channel: to("channels", "chat"),
        messages: [to("channels", "chat", "messages", "question")],
        bindings: http("POST"),
        reply: { channel: to("channels", "chat"), messages: messagesOf("chat") },
      },
      follow: {
        action: "send",
        summary: "Goes on with a turn behind the event that `Last-Event-ID` or `after` names",
        channel: to("channels", "turn"),
        messages: messagesOf("turn"),
        bindings: http("GET"),
      },
    },
    components: {
      messages: {
        question: { name: "question", payload: to("components", "schemas", "question") },
        ...byName(eventMessage),
      },
      schemas: { ...request.definitions, ...definitions, question: request.schema },
    },
  }
}

const served = (path: HttpRouter.PathInput, document: object, contentType: string) => {
  const text = JSON.stringify(document)
  return HttpRouter.add("GET", path, HttpServerResponse.text(text, { contentType }))
}

export const eventDocuments = Layer.mergeAll(
  served("/events.schema.json", jsonSchema(), "application/schema+json"),
  served("/asyncapi.json", asyncApi(), "application/vnd.aai.asyncapi+json;version=3.0.0"),
)
