/**
 * An upgrade and the way back between two releases, while clients ask and read without a pause: nothing is lost. Skipped
 * without nginx and redis-server.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Redacted } from "effect"
import { execFile, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { SignJWT } from "jose"
import { Client } from "pg"
import { createChatClient } from "../../src/client/index.ts"
import { EmbeddedPostgres } from "../../src/platform/EmbeddedPostgres.ts"
import { type Exchange, providerServer, wires } from "../answer/ProviderServer.ts"
import { wholeTurn } from "../chat/contract.ts"
import { emptyDatabase } from "../platform/TestDatabase.ts"
import { freePort, installed as hasRedis, startRedis } from "../platform/TestRedis.ts"

const repository = join(import.meta.dirname, "../..")
const hasNginx = spawnSync("nginx", ["-v"]).status === 0
const secret = "0123456789abcdef0123456789abcdef"
const [, openai] = wires

/** Says a word every tenth of a second for a second and a half, so that some turn is always on its way. */
const slowly = ({ end, write }: Exchange) => {
  write(openai.start)
  let said = 0
  const saying = setInterval(() => {
    write(openai.text(`word ${(said += 1)} `))
    if (said < 15) return
    clearInterval(saying)
    write(openai.finish("stop"))
    end()
  }, 100)
}

/** The files of this repository as a release, and what is different in it. */
const release = (folder: string, name: string, files: Record<string, string> = {}) => {
  const path = join(folder, name)
  for (const part of ["src", "migrations", "package.json"]) {
    cpSync(join(repository, part), join(path, part), { recursive: true })
  }
  symlinkSync(join(repository, "node_modules"), join(path, "node_modules"))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

const expanding = {
  "migrations/9999_upgraded.ts": `import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.flatMap(SqlClient.SqlClient, (sql) => sql\`ALTER TABLE chat_messages ADD COLUMN upgraded text\`)
`,
}

const breaking = { "src/main.ts": `throw new Error("this release is broken")\n` }

const nginx = (root: string, port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${root}/${name};`,
      )
      const user = process.getuid?.() === 0 ? "user root;" : ""
      writeFileSync(join(root, "upstream.conf"), "server 127.0.0.1:1;\n")
      writeFileSync(
        join(root, "nginx.conf"),
        `${user} worker_processes 1; daemon off; pid ${root}/nginx.pid; error_log stderr notice;
        events {}
        http {
          access_log off; ${temporary.join(" ")}
          upstream chat { include ${root}/upstream.conf; }
          server {
            listen 127.0.0.1:${port};
            location / { proxy_pass http://chat; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
          }
        }`,
      )
      const child = spawn("nginx", ["-e", "stderr", "-c", `${root}/nginx.conf`], {
        stdio: ["ignore", "ignore", "pipe"],
      })
      await once(child.stderr, "data")
      return child
    }),
    (child) => Effect.promise(async () => (child.kill("SIGQUIT"), once(child, "exit"))),
  )

const place = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped()
  const redis = yield* startRedis
  const model = yield* providerServer(slowly)
  const { url } = yield* EmbeddedPostgres
  const [front, one, other] = [yield* freePort, yield* freePort, yield* freePort]
  const env = {
    DATABASE_URL: Redacted.value(url),
    REDIS_URL: redis.url,
    JWT_SECRET: secret,
    DATA_DIR: `${root}/data`,
    ANSWER_MODEL: "openai",
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: `${model.url}/v1`,
    CONTEXT7_URL: "off",
    RATE_LIMIT_GUEST: "off",
    RATE_LIMIT_MEMBER: "off",
    LOG_FORMAT: "json",
  }
  writeFileSync(
    join(root, "env"),
    Object.entries(env)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(""),
  )
  yield* nginx(root, front)
  const run = promisify(execFile)
  const variables = {
    ...process.env,
    ROOT: root,
    PORTS: `${one} ${other}`,
    RELOAD: `nginx -e stderr -c ${root}/nginx.conf -s reload`,
    READY_WITHIN: "20",
  }
  const script = (name: string, args: ReadonlyArray<string>, others: Record<string, string>) =>
    Effect.promise(() =>
      run(join(repository, "ops", name), [...args], { env: { ...variables, ...others } }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
      ),
    )
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const port of [one, other]) spawnSync("sh", ["-c", `kill $(cat ${root}/run/${port}.pid)`])
    }),
  )
  return { root, script, base: `http://127.0.0.1:${front}`, database: Redacted.value(url) }
})

/** Asks one question after the other until it is told to end; every turn must be whole. */
const asking = (base: string, token: string | null) => {
  const turns: Array<string> = []
  const client = createChatClient({ baseUrl: base, token: () => token })
  const over = new AbortController()
  const asked = (async () => {
    while (!over.signal.aborted) {
      const turn = client.send({ message: "가죽 지갑 HS코드" })
      const events: Array<string> = []
      for await (const event of turn.events) events.push(JSON.stringify(event))
      const end = wholeTurn(events).at(-1)
      assert.deepInclude(end, { eventType: "stream_end", status: "completed" })
      turns.push(await turn.turnId)
    }
    return turns
  })()
  return { turns, end: () => (over.abort(), asked) }
}

layer(emptyDatabase, { excludeTestServices: true })((it) => {
  describe.skipIf(!hasNginx || !hasRedis)("a release (needs nginx and redis-server)", () => {
    it.effect(
      "takes the place of the one before it and gives it back, and no turn and no record is lost",
      () =>
        Effect.gen(function* () {
          const { base, database, root, script } = yield* place
          const [old, next, broken] = [
            release(root, "1.0.0"),
            release(root, "1.1.0", expanding),
            release(root, "1.2.0", breaking),
          ]
          const transcript: Array<string> = []
          const step = (name: string, args: ReadonlyArray<string> = [], others: Record<string, string> = {}) =>
            Effect.map(script(name, args, others), ({ code, stdout }) => {
              transcript.push(
                `$ ops/${name} ${args.map((arg) => arg.replace(root, "releases")).join(" ")}`.trimEnd(),
                stdout.trimEnd(),
              )
              return code
            })
          assert.strictEqual(yield* step("deploy", [old]), 0)
          const token = yield* Effect.promise(() =>
            new SignJWT({})
              .setProtectedHeader({ alg: "HS256" })
              .setSubject("alice")
              .setExpirationTime("1h")
              .sign(Buffer.from(secret)),
          )
          const readers = [asking(base, null), asking(base, null), asking(base, token), asking(base, token)]
          assert.strictEqual(yield* step("deploy", [next], { RELOAD: "false" }), 1)
          assert.strictEqual(yield* step("deploy", [next]), 0)
          assert.strictEqual(yield* step("deploy", [broken]), 1)
          assert.strictEqual(yield* step("rollback"), 0)
          const asked = yield* Effect.promise(() => Promise.all(readers.map(({ end }) => end())))
          const recorded = [...(asked[2] ?? []), ...(asked[3] ?? [])]
          const rows = yield* Effect.promise(async () => {
            const client = new Client({ connectionString: database })
            await client.connect()
            const { rows } = await client.query<{ turn_id: string; messages: number }>(
              "SELECT turn_id, count(*)::int AS messages FROM chat_messages WHERE status = 'completed' GROUP BY turn_id",
            )
            const migrated = await client.query("SELECT upgraded FROM chat_messages LIMIT 1")
            await client.end()
            assert.lengthOf(migrated.fields, 1)
            return rows
          })
          assert.sameDeepMembers(
            rows,
            recorded.map((turn_id) => ({ turn_id, messages: 2 })),
          )
          assert.match(readFileSync(join(root, "upstream.conf"), "utf8"), /server 127\.0\.0\.1:\d+;/)
          assert.isAbove(asked.flat().length, 8)
          process.stdout.write(
            [
              ...transcript,
              `${asked.flat().length} turns were asked meanwhile, ${recorded.length} of them recorded; none was lost`,
            ].join("\n"),
          )
        }),
      120_000,
    )
  })
})
