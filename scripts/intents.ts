/**
 * Measures the detection of intents and the trade filter: `npm run eval:intents [-- --misses]`.
 *
 * `--misses` lists what went wrong on the questions that the rules are tuned on; those held back are only ever counted.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { parseArgs } from "node:util"
import { detectIntent } from "../src/chat/detectIntent.ts"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"
import { measureIntents, readOffTopic, readQuestions, refusedShare } from "./evaluation/intents.ts"

const { values: options } = parseArgs({ options: { misses: { type: "boolean", default: false } } })

const cells = (...texts: ReadonlyArray<string>) =>
  texts.map((text, index) => (index === 0 ? text.padEnd(20) : text.padStart(12))).join("")

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`

const evaluate = Effect.gen(function* () {
  const { recognize } = yield* HarmonizedSystem
  const detect = (message: string) => detectIntent(message, recognize(message))
  yield* Console.log(cells("questions", "rows", "primary", "secondary", "apt", "refused"))
  for (const part of ["tuning", "heldback"] as const) {
    for (const language of ["ko", "en"] as const) {
      const of = measureIntents(
        detect,
        readQuestions(part).filter((question) => question.language === language),
      )
      const figures = [of.primary, of.secondaryRecall, of.secondaryPrecision, of.refused]
      yield* Console.log(cells(`${part}, ${language}`, String(of.questions), ...figures.map(percent)))
    }
    const messages = readOffTopic(part)
    const refused = percent(refusedShare(detect, messages))
    yield* Console.log(cells(`${part}, no trade`, String(messages.length), "", "", "", refused))
  }
  if (!options.misses) return
  for (const { question, detected } of measureIntents(detect, readQuestions("tuning")).misses) {
    const found = [detected.primary, ...detected.secondary].join(", ")
    const labelled = [question.primary, ...question.secondary].join(", ")
    yield* Console.log(`${question.text}: ${labelled}, not ${found}${detected.trade ? "" : "; refused"}`)
  }
  for (const message of readOffTopic("tuning").filter((text) => detect(text).trade))
    yield* Console.log(`${message}: no trade, not refused`)
})

NodeRuntime.runMain(Effect.provide(evaluate, HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))))
