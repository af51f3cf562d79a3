/** Anthropic's Messages API through its SDK. */
import Anthropic from "@anthropic-ai/sdk"
import { Redacted } from "effect"
import type { ProviderConfig } from "./AnswerConfig.ts"
import type { ChatModel, Spoken } from "./ChatModel.ts"

const endings: Readonly<Record<string, "length" | "refusal">> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "refusal",
}

export const anthropic = ({ apiKey, model, baseUrl, maxTokens }: ProviderConfig): ChatModel => {
  const client = new Anthropic({
    apiKey: Redacted.value(apiKey),
    baseURL: baseUrl.href,
    maxRetries: 0,
    // It would log whole chunks, and trace beside us.
    logLevel: "off",
    openTelemetry: false,
  })
  return {
    provider: "anthropic",
    name: model,
    maxTokens,
    speak: async function* ({ system, messages }, signal): AsyncGenerator<Spoken, void> {
      const stream = await client.messages.create(
        { model, system, messages: [...messages], max_tokens: maxTokens, stream: true },
        { signal },
      )
      let inputTokens = 0
      let finish: Spoken | null = null
      for await (const event of stream) {
        if (event.type === "message_start") {
          const { usage } = event.message
          inputTokens =
            usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)
        } else if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
          if (event.delta.text !== "") yield { _tag: "Text", text: event.delta.text }
        } else if (event.type === "message_delta" && event.delta.stop_reason !== null) {
          finish = {
            _tag: "Finish",
            reason: endings[event.delta.stop_reason] ?? "stop",
            usage: { inputTokens, outputTokens: event.usage.output_tokens },
          }
        }
      }
      if (finish !== null) yield finish
    },
  }
}
