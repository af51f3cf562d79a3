/** The rooms of the history over a database of their own. */
import { ConfigProvider, Effect, FileSystem, Layer } from "effect"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { Journal } from "../../src/history/Journal.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { ReadDatabase } from "../../src/history/ReadDatabase.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

/** With these variables of the journal. */
export const historyWith = (variables: Record<string, string>) =>
  Layer.mergeAll(ChatHistory.layer, HistoryReader.layer, MemberRecords.layer).pipe(
    Layer.provideMerge(
      Journal.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables)))),
    ),
    Layer.provideMerge(ReadDatabase.layer),
  )

export const history = Layer.unwrap(
  Effect.gen(function* () {
    return historyWith({ DATA_DIR: yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped() })
  }),
)

export const rooms = history.pipe(Layer.provideMerge(migratedDatabase))
