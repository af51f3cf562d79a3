/** Chat completions of OpenAI, or of whatever speaks as it does, through its SDK. */
import { Redacted } from "effect"
import OpenAI from "openai"
import type { ProviderConfig } from "./AnswerConfig.ts"
import type { ChatModel, Spoken } from "./ChatModel.ts"

const endings: Readonly<Record<string, "length" | "refusal">> = { length: "length", content_filter: "refusal" }

export const openai = ({ apiKey, model, baseUrl, maxTokens }: ProviderConfig): ChatModel => {
  const client = new OpenAI({
    apiKey: Redacted.value(apiKey),
    baseURL: baseUrl.href,
    maxRetries: 0,
    logLevel: "off",
  })
  // OpenAI's newer models refuse the older name, other servers often know only that one.
  const limit = baseUrl.hostname === "api.openai.com" ? "max_completion_tokens" : "max_tokens"
  return {
    provider: "openai",
    name: model,
    maxTokens,
    speak: async function* ({ system, messages }, signal): AsyncGenerator<Spoken, void> {
      const stream = await client.chat.completions.create(
        {
          model,
          messages: [{ role: "system", content: system }, ...messages],
          [limit]: maxTokens,
          stream: true,
          stream_options: { include_usage: true },
        },
        { signal },
      )
      let finish: string | null = null
      let usage = { inputTokens: 0, outputTokens: 0 }
      for await (const { choices, usage: used } of stream) {
        // Other servers leave out what has nothing to say.
        const choice = choices?.[0]
        if (choice?.delta?.content) yield { _tag: "Text", text: choice.delta.content }
        finish = choice?.finish_reason ?? finish
        if (used) usage = { inputTokens: used.prompt_tokens, outputTokens: used.completion_tokens }
      }
      if (finish !== null) yield { _tag: "Finish", reason: endings[finish] ?? "stop", usage }
    },
  }
}
