/**
 * What the image is made of, as CycloneDX: `npm run --silent sbom`. npm writes it, from the lock file without development's
 * packages: `npm sbom --omit dev` by itself leaves out whatever development uses as well, `effect` among them.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Path, Schema } from "effect"
import { ChildProcess } from "effect/process"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"

const Json = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
const Packages = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.Unknown))

const read = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.flatMap(fs.readFileString(file), Schema.decodeUnknownEffect(Json))
})

const withoutDevelopment = (entry: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => key !== "devDependencies"))

const write = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const spawner = yield* ChildProcessSpawner
  const project = yield* read("package.json")
  const lock = yield* read("package-lock.json")
  const packages = yield* Schema.decodeUnknownEffect(Packages)(lock["packages"])
  const kept = Object.entries(packages).filter(([, { dev }]) => dev !== true)
  const production = Object.fromEntries(kept.map(([where, entry]) => [where, withoutDevelopment(entry)]))
  // npm names the whole by its folder.
  const folder = path.join(yield* fs.makeTempDirectoryScoped(), String(project["name"]))
  yield* fs.makeDirectory(folder)
  const put = (file: string, value: object) => fs.writeFileString(path.join(folder, file), JSON.stringify(value))
  yield* put("package.json", withoutDevelopment(project))
  yield* put("package-lock.json", { ...lock, packages: production })
  const words = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx", "--sbom-type", "application"]
  const code = yield* spawner.exitCode(
    ChildProcess.make("npm", words, { cwd: folder, stdin: "ignore", stdout: "inherit", stderr: "inherit" }),
  )
  process.exitCode = Number(code)
})

NodeRuntime.runMain(Effect.provide(Effect.scoped(write), NodeServices.layer))
