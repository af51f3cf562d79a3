/** An nginx of a test's own, configured as the system's is (`apt-get install nginx`), with one site that passes all on. */
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { freePort } from "../platform/TestRedis.ts"

const systemConfig = "/etc/nginx/nginx.conf"

export const installed = spawnSync("nginx", ["-v"]).status === 0 && existsSync(systemConfig)

/** Lines that name the system's own sites, files and user. */
const own = /^\s*(?:user|pid|error_log|access_log)\s.*;|^\s*include\s.*(?:conf\.d|sites-enabled|modules-enabled)\/.*;/gm

export const nginx = (upstream: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const port = yield* freePort
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    )
    const site = `server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }`
    const system = (yield* fs.readFileString(systemConfig)).replaceAll(own, "")
    yield* fs.writeFileString(
      `${folder}/nginx.conf`,
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;\n` +
        system.replace(/^http\s*\{/m, () => `http { access_log off; ${temporary.join(" ")} ${site}`),
    )
    const child = yield* ChildProcess.make("nginx", ["-e", "stderr", "-c", `${folder}/nginx.conf`], { stdin: "ignore" })
    const said = yield* child.all.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.takeUntil((line) => line.includes("using the")),
      Stream.runCollect,
    )
    return yield* said.some((line) => line.includes("[emerg]"))
      ? Effect.fail(new Error(said.join("\n")))
      : Effect.succeed(`http://127.0.0.1:${port}`)
  })
