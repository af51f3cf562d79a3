/** Comma-separated values as rows; line breaks inside quoted cells belong to the cell. */
import { parse } from "csv-parse"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { Readable } from "node:stream"
import type { Row } from "../Table.ts"

/** Bytes looked at to tell the encoding; more than one line of any schedule. */
const sample = 1 << 16

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

type Decoder = InstanceType<typeof TextDecoder>

/** Text of the file; throws when a byte belongs to neither encoding. `euc-kr` is the platform's name for windows-949. */
async function* textOf(file: string, onBytes: (count: number) => void): AsyncGenerator<string> {
  let decoder: Decoder | null = null
  for await (const bytes of createReadStream(file, { highWaterMark: sample }) as AsyncIterable<Buffer>) {
    decoder ??= new TextDecoder(isUtf8(bytes) ? "utf-8" : "euc-kr", { fatal: true })
    onBytes(bytes.length)
    yield decodedWith(decoder, bytes)
  }
  if (decoder !== null) yield decodedWith(decoder)
}

const decodedWith = (decoder: Decoder, bytes?: Uint8Array): string => {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
  } catch {
    throw new Error(`not text in ${decoder.encoding === "euc-kr" ? "UTF-8 or windows-949" : "UTF-8 throughout"}`)
  }
}

export async function* csvRows(file: string): AsyncGenerator<Row> {
  const { size } = await stat(file)
  let taken = 0
  const parser = Readable.from(textOf(file, (count) => (taken += count))).compose(
    parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true }),
  )
  let line = 1
  for await (const { record, info } of parser as AsyncIterable<{ record: Array<string>; info: { lines: number } }>) {
    yield { sheet: null, line, cells: record, read: taken / size }
    line = info.lines + 1
  }
}
