/**
 * A published file as rows of text, streamed: comma-separated values (UTF-8, or Korean windows-949 as customs offices
 * still publish it) and Office Open XML workbooks, told apart by their first bytes.
 */
import { Schema, Stream } from "effect"
import { open } from "node:fs/promises"
import { csvRows } from "./formats/csv.ts"
import { xlsxRows } from "./formats/xlsx.ts"

/** The file cannot be read as a table: it is no such file, is cut off, or is in no encoding that is known. */
export class UnreadableFile extends Schema.TaggedError<UnreadableFile>()("UnreadableFile", {
  file: Schema.String,
  reason: Schema.String,
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

export interface Row {
  /** Name of the sheet; null in a file that has none. */
  readonly sheet: string | null
  /** Line of the file, or row of the sheet, from 1. */
  readonly line: number
  readonly cells: ReadonlyArray<string>
  /** How much of the file has been read by now, 0 to 1. */
  readonly read: number
}

const zipSignature = "PK\u0003\u0004"

const formatOf = async (file: string) => {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.toString("latin1", 0, bytesRead) === zipSignature ? xlsxRows : csvRows
  } finally {
    await handle.close()
  }
}

async function* rowsOf(file: string): AsyncGenerator<Row> {
  const read = await formatOf(file)
  yield* read(file)
}

/** The rows in their order. */
export const readTable = (file: string): Stream.Stream<Row, UnreadableFile> =>
  Stream.fromAsyncIterable(
    rowsOf(file),
    (cause) => new UnreadableFile({ file, reason: cause instanceof Error ? cause.message : String(cause) }),
  )
