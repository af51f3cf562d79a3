/** How fast a message is recognised, beside a plain text index over our own names in the same run: `npm run bench`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { namesBaseline } from "../scripts/evaluation/baseline.ts"
import { readLexicon } from "../scripts/training/lexicon.ts"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"

const rounds = 10

const everyday = readFileSync(new URL("../test/hs/everyday.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .flatMap((line) => line.split("\t").slice(0, 3))

/** Worded differently each time, so that none is remembered. */
const hostile = (round: number) =>
  [
    "a".repeat(1000),
    "가".repeat(1000),
    "🙂".repeat(500),
    "<div>".repeat(200),
    "가죽 지갑 ".repeat(160),
    "1".repeat(1000),
    "((((".repeat(250),
  ].map((text) => `${text.slice(0, 998)}${round}`)

const timesOf = (
  classify: (query: string) => unknown,
  queries: (round: number) => ReadonlyArray<string>,
  repeat: number,
) => {
  for (const query of queries(0)) classify(query)
  const times = Array.from({ length: repeat }, (_, round) => queries(round + 1))
    .flat()
    .map((query) => {
      const from = performance.now()
      classify(query)
      return performance.now() - from
    })
    .sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { median: at(0.5), p99: at(0.99), worst: at(1) }
}

const milliseconds = (value: number): string => `${value.toFixed(3)} ms`

const bench = Effect.gen(function* () {
  const { recognize } = yield* HarmonizedSystem
  const loaded = performance.now() - started
  const memory = process.memoryUsage.rss() - before
  const names = namesBaseline(readLexicon())
  const ours = timesOf(recognize, () => everyday, rounds)
  const baseline = timesOf(names, () => everyday, 1)
  const worst = timesOf(recognize, hostile, rounds)
  yield* Console.log(
    [
      `loading: ${loaded.toFixed(0)} ms, ${(memory / 1e6).toFixed(0)} MB`,
      `one query (${everyday.length * rounds} of them): median ${milliseconds(ours.median)}, p99 ${milliseconds(ours.p99)}`,
      `baseline (n-grams over the names): median ${milliseconds(baseline.median)}, p99 ${milliseconds(baseline.p99)}`,
      `ratio to the baseline's median: ${(ours.median / baseline.median).toFixed(2)}`,
      `hostile input of 1,000 characters: worst ${milliseconds(worst.worst)}`,
    ].join("\n"),
  )
})

const before = process.memoryUsage.rss()
const started = performance.now()
NodeRuntime.runMain(Effect.provide(bench, HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer))))
