/** Prints a development token for a user: `npm run --silent token -- alice`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { Tokens } from "../src/http/Tokens.ts"

if (existsSync(".env")) process.loadEnvFile()

const user = process.argv[2]

const print = user
  ? Effect.flatMap(Tokens, (tokens) => tokens.issue(user)).pipe(Effect.flatMap(Console.log))
  : Console.error("usage: npm run token -- <user>").pipe(Effect.andThen(Effect.sync(() => void (process.exitCode = 2))))

NodeRuntime.runMain(Effect.provide(print, Tokens.layer.pipe(Layer.provide(NodeServices.layer))))
