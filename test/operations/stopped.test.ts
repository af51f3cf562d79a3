import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer } from "effect"
import { startService } from "../ServiceProcess.ts"
import { backUp, restore, script, unread } from "./documented.ts"
import { memberOf, tokenFor } from "./member.ts"

const change = (file: string, how: (bytes: Uint8Array) => void) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs.readFile(file)
    how(bytes)
    yield* fs.writeFile(file, bytes)
  })
const flip = (file: string) => change(file, (bytes) => (bytes[bytes.length >> 1]! ^= 1))
const remove = (file: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(file))

/** A service that was asked something and stopped, and a backup that was taken then. */
class Stopped extends Context.Service<
  Stopped,
  { readonly dataDir: string; readonly backup: string; readonly token: string }
>()("test/Stopped") {
  static readonly layer = Layer.effect(
    Stopped,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const [dataDir, backup] = [`${folder}/data`, `${folder}/backup`]
      const token = tokenFor(dataDir, "alice")
      yield* serving(dataDir, token, (alice) => alice.ask("8517.13"))
      const taken = yield* backUp(dataDir, backup)
      assert.strictEqual(taken.code, 0, taken.said)
      return Stopped.of({ dataDir, backup, token })
    }),
  ).pipe(Layer.provideMerge(NodeServices.layer))
}

const serving = <A>(dataDir: string, token: string, use: (member: ReturnType<typeof memberOf>) => Promise<A>) =>
  Effect.promise(async () => {
    const { child, exited, url } = startService({ DATA_DIR: dataDir })
    try {
      return await use(memberOf(await url, token))
    } finally {
      child.kill("SIGTERM")
      await exited
    }
  })

layer(Stopped.layer, { excludeTestServices: true })("a stopped one's backup", (it) => {
  it.effect("serves again what was recorded, to the tokens that were given out", () =>
    Effect.gen(function* () {
      const { backup, dataDir, token } = yield* Stopped
      const restored = yield* restore(dataDir, backup)
      assert.strictEqual(restored.code, 0, restored.said)
      const sessions = yield* serving(dataDir, token, (alice) => alice.sessions())
      assert.deepStrictEqual(
        sessions.map(({ title, messageCount }: Record<string, unknown>) => [title, messageCount]),
        [["8517.13", 2]],
      )
    }),
  )

  const wrongs: ReadonlyArray<
    [string, (backup: string) => Effect.Effect<unknown, unknown, FileSystem.FileSystem>, RegExp]
  > = [
    [
      "a bit is wrong",
      (backup) => flip(`${backup}/data/postgres/global/pg_control`),
      /pg_control is not what was backed up/,
    ],
    ["a file is missing", (backup) => remove(`${backup}/data/postgres/PG_VERSION`), /PG_VERSION is missing/],
    ["the list of files is damaged", (backup) => flip(`${backup}/manifest.json`), /holds no whole backup/],
    ["it was cut off", (backup) => remove(`${backup}/manifest.json`), /holds no whole backup/],
  ]
  it.effect.each(wrongs)("is refused when %s, and nothing is left of the attempt", ([, spoil, said]) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { backup } = yield* Stopped
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* fs.copy(backup, `${folder}/backup`)
      yield* fs.makeDirectory(`${folder}/data`)
      yield* spoil(`${folder}/backup`)
      const refused = yield* restore(`${folder}/data`, `${folder}/backup`)
      assert.notStrictEqual(refused.code, 0)
      assert.match(refused.said, said)
      assert.deepStrictEqual((yield* fs.readDirectory(folder)).toSorted(), ["backup", "data.broken"])
    }).pipe(Effect.scoped),
  )

  it.effect("neither overwrites a database nor is overwritten", () =>
    Effect.gen(function* () {
      const { backup, dataDir } = yield* Stopped
      const cases: ReadonlyArray<[string, Record<string, string>, ReadonlyArray<string>, RegExp]> = [
        ["restore", { DATA_DIR: dataDir }, [backup], /^restore: DATA_DIR=\S+ is not empty: /],
        ["backup", { DATA_DIR: dataDir }, [backup], /^backup: \S+ is not empty: /],
        ["backup", { DATA_DIR: dataDir }, [`${dataDir}/backup`], /^backup: \S+ lies in DATA_DIR: /],
        ["backup", { DATA_DIR: `${dataDir}.none` }, [`${backup}.new`], /^backup: DATA_DIR=\S+ holds no database: /],
        [
          "backup",
          { DATABASE_URL: "postgres://u:hunter2@x/y" },
          [`${backup}.new`],
          /^backup: DATABASE_URL names .*pg_dump/,
        ],
      ]
      for (const [name, env, args, said] of cases) {
        const refused = yield* script(name, env, ...args)
        assert.match(refused.said, said)
        assert.strictEqual(refused.said.trim().split("\n").length, 1)
        assert.notInclude(refused.said, "hunter2")
        assert.notStrictEqual(refused.code, 0)
      }
    }),
  )

  it.effect("is all that the document tells of it", () =>
    Effect.sync(() => assert.deepStrictEqual(unread(/^The embedded/), [])),
  )
})
