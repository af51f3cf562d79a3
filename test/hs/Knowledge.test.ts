import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Path } from "effect"
import { aliasIndex } from "../../src/hs/AliasIndex.ts"
import { featuresOf } from "../../src/hs/features.ts"
import { loadKnowledge, readRows } from "../../src/hs/Knowledge.ts"
import { wordsOf } from "../../src/hs/text.ts"

const load = (dataDir: string) =>
  Effect.provideService(
    loadKnowledge,
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromEnv({ env: { DATA_DIR: dataDir } }),
  )

describe("what the recognition knows", () => {
  it.effect("is the same when it comes from the kept file, and needs no place to keep it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = yield* fs.makeTempDirectoryScoped()
      const blocked = path.join(folder, "file")
      yield* fs.writeFileString(blocked, "no folder")
      yield* fs.makeDirectory(path.join(folder, "cache"))
      yield* fs.writeFileString(path.join(folder, "cache", "recognition-older.bin"), "of an older lexicon")
      const made = yield* load(folder)
      const kept = yield* load(folder)
      const unkept = yield* load(blocked)
      assert.lengthOf(yield* fs.readDirectory(path.join(folder, "cache")), 1)
      const find = ({ table }: typeof made) => aliasIndex(table).search("가죽 지갑", featuresOf(wordsOf("가죽 지갑")))
      assert.isAbove(find(made).length, 0)
      assert.deepStrictEqual(find(kept), find(made))
      assert.deepStrictEqual(find(unkept), find(made))
      assert.deepStrictEqual(kept.rows, made.rows)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  )

  it.effect("is refused as a whole with the line of each fault", () =>
    Effect.gen(function* () {
      const text = "84 | 기계 | Machinery\n8450 | 세탁기 | Washing machines\nko: 세탁기\n"
      const { faults } = yield* Effect.flip(readRows([{ file: "84.txt", text }]))
      assert.deepStrictEqual(faults, ["84.txt:2: 8450: aliases in Korean and English are required"])
    }),
  )
})
