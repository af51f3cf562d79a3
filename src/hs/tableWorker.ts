/** Builds a table of phrases in a thread of its own, so that nobody's turn waits for it. */
import { parentPort, workerData } from "node:worker_threads"
import { buildAliasTable } from "./AliasIndex.ts"
import type { Phrase } from "./phrases.ts"

parentPort?.postMessage(buildAliasTable(workerData as ReadonlyArray<Phrase>))
