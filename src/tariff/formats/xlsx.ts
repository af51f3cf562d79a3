/**
 * An Office Open XML workbook (ECMA-376) as rows, sheet by sheet in the workbook's order. Only the shared strings are
 * held in memory.
 */
import { SaxesParser } from "saxes"
import { type Entry, openPromise, type ZipFile } from "yauzl"
import type { Row } from "../Table.ts"

interface Sheet {
  readonly name: string
  readonly entry: Entry
}

const entriesOf = async (zip: ZipFile): Promise<ReadonlyMap<string, Entry>> => {
  const entries = new Map<string, Entry>()
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry)
  return entries
}

type Attributes = Readonly<Record<string, string>>

/** Reads XML piece by piece; `hear` may collect what `drain` then hands on. */
async function* parsed<A>(
  chunks: AsyncIterable<Buffer>,
  hear: {
    readonly open: (name: string, attributes: Attributes) => void
    readonly text: (text: string) => void
    readonly close: (name: string) => void
  },
  drain: () => Array<A>,
): AsyncGenerator<A> {
  const parser = new SaxesParser()
  const decoder = new TextDecoder()
  parser.on("opentag", ({ name, attributes }) => hear.open(name, attributes))
  parser.on("text", hear.text)
  parser.on("closetag", ({ name }) => hear.close(name))
  parser.on("error", (error) => {
    throw error
  })
  for await (const chunk of chunks) {
    parser.write(decoder.decode(chunk, { stream: true }))
    yield* drain()
  }
  parser.write(decoder.decode()).close()
  yield* drain()
}

const openEntry = async (zip: ZipFile, entry: Entry): Promise<AsyncIterable<Buffer>> => zip.openReadStreamPromise(entry)

/** The text of each `<si>`, its formatted runs joined, phonetic hints left out. */
const sharedStringsOf = async (zip: ZipFile, entry: Entry | undefined): Promise<ReadonlyArray<string>> => {
  if (!entry) return []
  const strings: Array<string> = []
  let current = ""
  let inText = false
  let phonetic = false
  const hear = {
    open: (name: string) => {
      if (name === "si") current = ""
      if (name === "rPh") phonetic = true
      if (name === "t") inText = !phonetic
    },
    text: (piece: string) => {
      if (inText) current += piece
    },
    close: (name: string) => {
      if (name === "si") strings.push(current)
      if (name === "rPh") phonetic = false
      if (name === "t") inText = false
    },
  }
  for await (const _ of parsed(await openEntry(zip, entry), hear, () => []));
  return strings
}

const columnOf = (reference: string): number => {
  let column = 0
  for (const letter of reference.replace(/\d+$/, "")) column = column * 26 + letter.charCodeAt(0) - 64
  return column - 1
}

const rowsOf = async (zip: ZipFile, { name, entry }: Sheet, strings: ReadonlyArray<string>) => {
  let rows: Array<Row> = []
  let cells: Array<string> = []
  let line = 0
  let column = 0
  let type = ""
  let value = ""
  let reading = false
  const hear = {
    open: (tag: string, attributes: Attributes) => {
      if (tag === "row") {
        line = Number(attributes["r"] ?? line + 1)
        cells = []
      } else if (tag === "c") {
        column = attributes["r"] === undefined ? cells.length : columnOf(attributes["r"])
        type = attributes["t"] ?? "n"
        value = ""
      } else if (tag === "v" || tag === "t") reading = true
    },
    text: (piece: string) => {
      if (reading) value += piece
    },
    close: (tag: string) => {
      if (tag === "v" || tag === "t") reading = false
      else if (tag === "c") {
        while (cells.length < column) cells.push("")
        cells[column] = type === "s" ? (strings[Number(value)] ?? "") : value
      } else if (tag === "row" && cells.some((cell) => cell !== "")) rows.push({ sheet: name, line, cells, read: 0 })
    },
  }
  const drain = () => {
    const ready = rows
    rows = []
    return ready
  }
  return parsed(await openEntry(zip, entry), hear, drain)
}

/** The attributes of every element of this name in one of the workbook's small files. */
const elementsOf = async (zip: ZipFile, entries: ReadonlyMap<string, Entry>, path: string, element: string) => {
  const entry = entries.get(path)
  if (!entry) throw new Error("a zip archive, but no workbook")
  const found: Array<Attributes> = []
  const hear = {
    open: (name: string, attributes: Attributes) => {
      if (name === element) found.push(attributes)
    },
    text: () => undefined,
    close: () => undefined,
  }
  for await (const _ of parsed(await openEntry(zip, entry), hear, () => []));
  return found
}

/** The workbook's sheets; their files are found through its relationships. */
const sheetsOf = async (zip: ZipFile, entries: ReadonlyMap<string, Entry>): Promise<ReadonlyArray<Sheet>> => {
  const relations = await elementsOf(zip, entries, "xl/_rels/workbook.xml.rels", "Relationship")
  const targets = new Map(relations.map((relation) => [relation["Id"], relation["Target"]]))
  const sheets = await elementsOf(zip, entries, "xl/workbook.xml", "sheet")
  return sheets.flatMap((sheet) => {
    const target = targets.get(sheet["r:id"])?.replace(/^\/?(?:xl\/)?/, "xl/")
    const entry = target === undefined ? undefined : entries.get(target)
    return entry ? [{ name: sheet["name"] ?? "", entry }] : []
  })
}

export async function* xlsxRows(file: string): AsyncGenerator<Row> {
  const zip = await openPromise(file, { autoClose: false })
  try {
    const entries = await entriesOf(zip)
    const strings = await sharedStringsOf(zip, entries.get("xl/sharedStrings.xml"))
    const sheets = await sheetsOf(zip, entries)
    const total = sheets.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
    let before = 0
    for (const sheet of sheets) {
      for await (const row of await rowsOf(zip, sheet, strings)) yield { ...row, read: before / total }
      before += sheet.entry.uncompressedSize
    }
  } finally {
    zip.close()
  }
}
