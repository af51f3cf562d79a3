/** The service behind PgBouncer, which lends a connection for one transaction at a time. Skipped where it is not installed. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { SignJWT } from "jose"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { startService } from "../ServiceProcess.ts"
import { emptyDatabase } from "./TestDatabase.ts"
import { freePort } from "./TestRedis.ts"

const program = ["/usr/sbin/pgbouncer", "pgbouncer"].find((path) => spawnSync(path, ["--version"]).status === 0)
const secret = "0123456789abcdef0123456789abcdef"

/** With fewer connections than the service would have, so that they change hands all the time. */
const pgbouncer = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped()
  const { hostname, password, port: behind, username } = new URL(Redacted.value((yield* EmbeddedPostgres).url))
  const port = yield* freePort
  writeFileSync(join(folder, "users"), `"${username}" "${password}"\n`)
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    `[databases]
* = host=${hostname} port=${behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = scram-sha-256
auth_file = ${folder}/users
unix_socket_dir =
pool_mode = transaction
default_pool_size = 3
`,
  )
  spawnSync("chmod", ["-R", "a+rX", folder])
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : []
  yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(program ?? "", [...user, join(folder, "pgbouncer.ini")], {
        stdio: ["ignore", "ignore", "pipe"],
      })
      await once(child.stderr, "data")
      return child
    }),
    (child) => Effect.promise(async () => (child.kill("SIGTERM"), once(child, "exit"))),
  )
  return `postgres://${username}:${password}@127.0.0.1:${port}/postgres`
})

layer(emptyDatabase, { excludeTestServices: true })((it) => {
  describe.skipIf(program === undefined)("the service behind PgBouncer (apt-get install pgbouncer)", () => {
    it.effect("migrates, records members' turns side by side and reads them back", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const service = yield* Effect.acquireRelease(
          Effect.map(Effect.all([pgbouncer, fs.makeTempDirectoryScoped()]), ([DATABASE_URL, DATA_DIR]) =>
            startService({
              DATABASE_URL,
              DATABASE_PREPARE: "off",
              DATA_DIR,
              JWT_SECRET: secret,
              RATE_LIMIT_MEMBER: "off",
            }),
          ),
          ({ child, exited }) => Effect.promise(() => (child.kill("SIGTERM"), exited)),
        )
        yield* Effect.promise(async () => {
          const base = await service.url
          const members = await Promise.all(
            Array.from({ length: 20 }, async (_, n) => {
              const token = await new SignJWT({})
                .setProtectedHeader({ alg: "HS256" })
                .setSubject(`member ${n}`)
                .setExpirationTime("1h")
                .sign(Buffer.from(secret))
              const headers = { "content-type": "application/json", authorization: `Bearer ${token}` }
              const ask = async () =>
                (
                  await fetch(`${base}/api/chat`, {
                    method: "POST",
                    headers,
                    body: JSON.stringify({ message: "가죽 지갑" }),
                  })
                ).text()
              return { headers, answers: [await ask(), await ask()] }
            }),
          )
          for (const { answers, headers } of members) {
            for (const answer of answers) assert.include(answer, "event: member_record_saved")
            const history = await (
              await fetch(`${base}/api/chat/history/search?keyword=${encodeURIComponent("지갑")}`, { headers })
            ).json()
            assert.deepInclude((history as { pagination: object }).pagination, { totalElements: 4 })
          }
        })
        assert.notMatch(service.output(), /prepared statement|"level":"ERROR"/)
      }),
    )
  })
})
