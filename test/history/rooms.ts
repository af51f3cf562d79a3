/** The rooms of the history over a database of their own. */
import { Layer } from "effect"
import { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { ReadDatabase } from "../../src/history/ReadDatabase.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

export const history = Layer.mergeAll(ChatHistory.layer, HistoryReader.layer, MemberRecords.layer).pipe(
  Layer.provideMerge(ReadDatabase.layer),
)

export const rooms = history.pipe(Layer.provideMerge(migratedDatabase))
