/**
 * Headless Chromium, where it is installed (`apt-get install chromium`), on a page of an origin of its own. A script runs in
 * the page and what it returns comes back by a request, so that nothing drives the browser from outside.
 */
import { NodeServices } from "@effect/platform-node"
import { Context, Deferred, Effect, FileSystem, Layer } from "effect"
import { ChildProcess } from "effect/process"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http"
import { stripTypeScriptTypes } from "node:module"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

const program = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
)
export const installed = program !== undefined

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
  "--remote-debugging-port=0",
]

interface Outcome {
  readonly value?: unknown
  readonly failure?: string
}

const pageOf = (script: string) => `<!doctype html>
<script type="importmap">{ "imports": { "eventsource-parser": "/eventsource-parser.js" } }</script>
<script type="module">
const outcome = await (async () => { ${script} })().then((value) => ({ value }), (error) => ({ failure: String(error) }))
await fetch("/outcome", { method: "POST", body: JSON.stringify(outcome) })
</script>`

const fileAt = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8")

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const piece of request.setEncoding("utf8")) text += piece
  return text
}

/** The page, the client's own source (types stripped, nothing bundled) and the parser it needs. */
const pageServer =
  (script: () => string, report: (outcome: Outcome) => void): RequestListener =>
  async (request, response) => {
    const path = request.url ?? "/"
    const answer = (type: string, body: string) => response.writeHead(200, { "content-type": type }).end(body)
    if (path === "/") return answer("text/html", pageOf(script()))
    if (path === "/outcome") {
      report(JSON.parse(await textOf(request)))
      return response.writeHead(204).end()
    }
    if (path === "/eventsource-parser.js") {
      return answer("text/javascript", fileAt("../../node_modules/eventsource-parser/dist/index.js"))
    }
    if (/^\/client\/\w+\.ts$/.test(path)) {
      return answer("text/javascript", stripTypeScriptTypes(fileAt(`../../src${path}`)))
    }
    return response.writeHead(404).end()
  }

const listening = (listener: RequestListener) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer(listener).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        }),
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  )

export class Browser extends Context.Service<
  Browser,
  {
    readonly origin: string
    /** Runs the body of an async function in a fresh page of that origin. */
    readonly run: (script: string) => Effect.Effect<unknown, string>
  }
>()("test/Browser") {
  static readonly layer = Layer.effect(
    Browser,
    Effect.gen(function* () {
      const services = yield* Effect.context<NodeServices.NodeServices>()
      let page = ""
      let outcome = Deferred.makeUnsafe<Outcome>()
      const listener = pageServer(
        () => page,
        (told) => Deferred.doneUnsafe(outcome, Effect.succeed(told)),
      )
      const origin = yield* listening(listener)
      const run = Effect.fnUntraced(
        function* (script: string) {
          page = script
          outcome = Deferred.makeUnsafe()
          const fs = yield* FileSystem.FileSystem
          const profile = yield* fs.makeTempDirectoryScoped()
          yield* ChildProcess.make(program ?? "", [...flags, `--user-data-dir=${profile}`, origin], {
            stdin: "ignore",
            stdout: "ignore",
            stderr: "ignore",
          })
          const { value, failure } = yield* Deferred.await(outcome)
          return failure === undefined ? value : yield* Effect.fail(failure)
        },
        Effect.scoped,
        Effect.provide(services),
        Effect.catchTag("PlatformError", (error) => Effect.fail(error.message)),
      )
      return Browser.of({ origin, run })
    }),
  ).pipe(Layer.provide(NodeServices.layer))
}
