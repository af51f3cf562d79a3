/** Prints a development token for a user: `npm run --silent token -- alice`. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { Tokens } from "../src/http/Tokens.ts"

if (existsSync(".env")) process.loadEnvFile()

const user = process.argv[2]

const refuse = (message: string, code: number) =>
  Effect.andThen(
    Console.error(message),
    Effect.sync(() => void (process.exitCode = code)),
  )

const print = user
  ? Effect.flatMap(Tokens, (tokens) => tokens.issue(user)).pipe(
      Effect.flatMap(Console.log),
      Effect.catchTag("IssuedElsewhere", ({ message }) => refuse(message, 1)),
    )
  : refuse("usage: npm run token -- <user>", 2)

NodeRuntime.runMain(Effect.provide(print, Tokens.layer.pipe(Layer.provide(NodeServices.layer))))
