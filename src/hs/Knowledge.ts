/**
 * What the recognition knows of goods: the rows of the lexicon and the table of every phrase for them. Reading and
 * checking the text files takes a second; the result is kept in `DATA_DIR/cache`, under the digest of what it was made
 * from, so that only the first start after an amendment pays for it.
 */
import { Config, Effect, FileSystem, Path, Schema } from "effect"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { type AliasTable, buildAliasTable } from "./AliasIndex.ts"
import { pack, unpack } from "./arrays.ts"
import { checkLexicon, parseLexicon, type NamedRow } from "./Lexicon.ts"
import { phrasesOf } from "./phrases.ts"

/** The text files contradict themselves; `faults` are `file:line: problem`. */
class LexiconInvalid extends Schema.TaggedError<LexiconInvalid>()("LexiconInvalid", {
  faults: Schema.Array(Schema.String),
}) {
  override get message() {
    return `${this.faults.length} faults in the lexicon, first ${this.faults[0]}`
  }
}

export interface Knowledge {
  /** Digest of the text files. */
  readonly version: string
  readonly rows: ReadonlyArray<NamedRow>
  readonly table: AliasTable
}

interface TextFile {
  readonly file: string
  readonly text: string
}

/** Changes when the same text files give another table. */
const layout = "4"

const examplesKept = 4

const folder = fileURLToPath(new URL("lexicon/", import.meta.url))

const readTexts = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files = (yield* fs.readDirectory(folder)).filter((file) => file.endsWith(".txt")).sort()
  return yield* Effect.forEach(files, (file) =>
    Effect.map(fs.readFileString(path.join(folder, file)), (text): TextFile => ({ file, text })),
  )
})

/** The rows of all files together, checked. */
export const readRows = (texts: ReadonlyArray<TextFile>) => {
  const files = texts.map(({ file, text }) => ({ file, ...parseLexicon(file, text) }))
  const faults = [...files.flatMap((file) => file.faults), ...checkLexicon(files)]
  return faults.length > 0
    ? Effect.fail(
        new LexiconInvalid({ faults: faults.map(({ file, line, problem }) => `${file}:${line}: ${problem}`) }),
      )
    : Effect.succeed(files.flatMap(({ rows }) => rows))
}

const toBytes = ({ version, rows, table: { codes, codeOf, wholes, idf, starts, postings, weights } }: Knowledge) =>
  pack({ version, rows, codes }, [codeOf, wholes, idf, starts, postings, weights])

const fromBytes = (bytes: Uint8Array): Knowledge => {
  const { header, arrays } = unpack(bytes)
  const { version, rows, codes } = header as Pick<Knowledge, "version" | "rows"> & Pick<AliasTable, "codes">
  const [codeOf, wholes, idf, starts, postings, weights] = arrays as [
    Int32Array,
    Int32Array,
    Float32Array,
    Int32Array,
    Int32Array,
    Uint8Array,
  ]
  return { version, rows, table: { codes, codeOf, wholes, idf, starts, postings, weights } }
}

export const loadKnowledge = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const cache = path.join(yield* Config.NonEmptyString("DATA_DIR").pipe(Config.withDefault(".data")), "cache")
  const texts = yield* readTexts
  const digest = createHash("sha256").update(layout)
  for (const { file, text } of texts) digest.update(file).update(text)
  const version = digest.digest("hex").slice(0, 16)
  const kept = path.join(cache, `recognition-${version}.bin`)
  const ready = yield* Effect.option(Effect.map(fs.readFile(kept), fromBytes))
  if (ready._tag === "Some") return ready.value
  const rows = yield* readRows(texts)
  const named = rows.map(({ aliases, code, ko, en, tell, usual, also }): NamedRow => ({
    code,
    ko,
    en,
    tell,
    usual,
    also,
    examples: Array.from({ length: examplesKept }, (_, i) => [aliases.ko[i], aliases.en[i]]).flatMap((pair) =>
      pair.flatMap((alias) => alias?.text ?? []),
    ),
  }))
  const made: Knowledge = { version, rows: named, table: buildAliasTable(phrasesOf(rows)) }
  yield* keep(kept, toBytes(made)).pipe(
    Effect.catch((error) => Effect.logDebug("the recognition's table cannot be kept", error)),
  )
  return made
})

/** Whole or not at all, and nothing of an older lexicon stays beside it. */
const keep = (file: string, bytes: Uint8Array) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const cache = path.dirname(file)
    yield* fs.makeDirectory(cache, { recursive: true })
    const draft = `${file}.${process.pid}`
    yield* fs.writeFile(draft, bytes)
    yield* fs.rename(draft, file)
    const older = (yield* fs.readDirectory(cache)).filter(
      (name) => name.startsWith("recognition-") && name !== path.basename(file),
    )
    yield* Effect.forEach(older, (name) => fs.remove(path.join(cache, name), { force: true }))
  })
