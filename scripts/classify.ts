/**
 * Classifies the lines of standard input, one query a line; prints one line of JSON for each:
 * `{"query", "candidates": [{"code", "confidence"}, …]}`, best first, at most 10 codes of 6 digits. Needs no database and no network.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { createInterface } from "node:readline"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"

const classify = Effect.gen(function* () {
  const { recognize } = yield* HarmonizedSystem
  yield* Effect.promise(async () => {
    for await (const query of createInterface({ input: process.stdin })) {
      const candidates = recognize(query).candidates.map(({ code, confidence }) => ({ code, confidence }))
      if (!process.stdout.write(`${JSON.stringify({ query, candidates })}\n`)) {
        await new Promise((resolve) => process.stdout.once("drain", resolve))
      }
    }
  })
})

NodeRuntime.runMain(Effect.provide(classify, HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))))
