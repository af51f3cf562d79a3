/**
 * The lexicon: what people call the goods of each heading and subheading. One text file a chapter, written and amended
 * by hand; `docs/lexicon.md` describes the format. Pure: text in, rows or faults out.
 */

export interface Alias {
  readonly text: string
  /** What stands in parentheses behind it: a qualifier that is no part of the name. */
  readonly qualifier: string | null
}

/** The alias as it stands in the file. */
export const withQualifier = ({ text, qualifier }: Alias): string =>
  qualifier === null ? text : `${text} (${qualifier})`

/** These aliases can also mean another code. */
export interface AlsoMeans {
  readonly code: string
  readonly aliases: ReadonlyArray<Alias>
  readonly why: { readonly ko: string; readonly en: string }
}

export interface LexiconRow {
  /** Digits only: 2, 4 or 6. A heading with a single subheading has only its own row. */
  readonly code: string
  readonly ko: string
  readonly en: string
  readonly aliases: { readonly ko: ReadonlyArray<Alias>; readonly en: ReadonlyArray<Alias> }
  /** What separates a subheading from its siblings. */
  readonly tell: { readonly ko: string; readonly en: string } | null
  /** The subheading meant when only the heading's everyday name is said. */
  readonly usual: string | null
  /** Goods that people look for here and the law puts elsewhere. */
  readonly see: ReadonlyArray<{ readonly code: string; readonly aliases: ReadonlyArray<Alias> }>
  readonly also: ReadonlyArray<AlsoMeans>
}

/** What is known of a code once its aliases are indexed. */
export type NamedRow = Pick<LexiconRow, "code" | "ko" | "en" | "tell" | "usual" | "also"> & {
  /** The first few aliases, Korean and English in turn. */
  readonly examples: ReadonlyArray<string>
}

export interface LexiconFault {
  readonly file: string
  /** From 1; 0 for the file as a whole. */
  readonly line: number
  readonly problem: string
}

type Draft = { -readonly [K in keyof LexiconRow]: LexiconRow[K] } & { readonly line: number }

const rowPattern = /^(\d{2}|\d{4}|\d{4}\.\d{2}) \| ([^|]+) \| ([^|]+)$/
const pairPattern = /^([^|]+) \| ([^|]+)$/

const digits = (code: string): string => code.replace(".", "")

const aliasOf = (text: string): Alias => {
  const match = /^(.+?)\s*\(([^()]*)\)$/.exec(text)
  return match ? { text: match[1]!, qualifier: match[2]! } : { text, qualifier: null }
}

const aliasesOf = (list: string): ReadonlyArray<Alias> =>
  list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(aliasOf)

const pairOf = (text: string) => {
  const match = pairPattern.exec(text)
  return match ? { ko: match[1]!.trim(), en: match[2]!.trim() } : null
}

/** Reads one line below a row into it; returns what is wrong with it, or null. */
const readField = (row: Draft, key: string, code: string | undefined, value: string): string | null => {
  switch (key) {
    case "ko":
      row.aliases = { ...row.aliases, ko: [...row.aliases.ko, ...aliasesOf(value)] }
      return null
    case "en":
      row.aliases = { ...row.aliases, en: [...row.aliases.en, ...aliasesOf(value)] }
      return null
    case "tell":
      row.tell = pairOf(value)
      return row.tell === null ? "a tell is `Korean | English`" : null
    case "usual":
      row.usual = digits(value)
      return null
    case "see":
      row.see = [...row.see, { code: digits(code!), aliases: aliasesOf(value) }]
      return null
    default: {
      const [list = "", reason = ""] = value.split(" = ")
      const why = pairOf(reason)
      if (why === null) return "an also line ends in ` = Korean | English`"
      row.also = [...row.also, { code: digits(code!), aliases: aliasesOf(list), why }]
      return null
    }
  }
}

/** Reads one chapter's file. */
export const parseLexicon = (file: string, text: string) => {
  const rows: Array<Draft> = []
  const faults: Array<LexiconFault> = []
  text.split("\n").forEach((raw, index) => {
    const line = index + 1
    const content = raw.trimEnd()
    if (content === "" || content.startsWith("#")) return
    const head = rowPattern.exec(content)
    if (head) {
      rows.push({
        line,
        code: digits(head[1]!),
        ko: head[2]!.trim(),
        en: head[3]!.trim(),
        aliases: { ko: [], en: [] },
        tell: null,
        usual: null,
        see: [],
        also: [],
      })
      return
    }
    const field = /^(?:(ko|en|tell|usual)|(see|also) (\d{4}(?:\.\d{2})?)): (.+)$/.exec(content)
    const row = rows.at(-1)
    const problem =
      !field || !row
        ? "neither a row, a field below a row, nor a comment"
        : readField(row, field[1] ?? field[2]!, field[3], field[4]!)
    if (problem !== null) faults.push({ file, line, problem })
  })
  return { rows: rows as ReadonlyArray<LexiconRow & { readonly line: number }>, faults }
}

/** What the whole lexicon must keep: every row in both languages, every code named exists, nothing promised twice. */
export const checkLexicon = (
  files: ReadonlyArray<{ readonly file: string; readonly rows: ReadonlyArray<LexiconRow & { readonly line: number }> }>,
): ReadonlyArray<LexiconFault> => {
  const faults: Array<LexiconFault> = []
  const codes = new Set(files.flatMap(({ rows }) => rows.map((row) => row.code)))
  const exists = (code: string) => codes.has(code) || (code.endsWith("00") && codes.has(code.slice(0, 4)))
  const owners = new Map<string, { readonly code: string; readonly excused: boolean }>()
  const seen = new Set<string>()
  for (const { file, rows } of files) {
    for (const row of rows) {
      const fault = (problem: string) => faults.push({ file, line: row.line, problem: `${row.code}: ${problem}` })
      if (seen.has(row.code)) fault("the row stands twice")
      seen.add(row.code)
      if (row.code.length > 2 && !codes.has(row.code.slice(0, row.code.length - 2))) fault("its parent has no row")
      if (row.code.length === 2) continue
      if (row.aliases.ko.length === 0 || row.aliases.en.length === 0)
        fault("aliases in Korean and English are required")
      if (row.code.length === 6 && row.tell === null) fault("a subheading needs a tell")
      for (const { code } of [...row.see, ...row.also]) if (!exists(code)) fault(`there is no ${code}`)
      if (row.usual !== null && (!codes.has(row.usual) || !row.usual.startsWith(row.code)))
        fault("usual names no subheading of it")
      const excused = new Set(row.also.flatMap(({ aliases }) => aliases.map(({ text }) => text)))
      for (const { text, qualifier } of [...row.aliases.ko, ...row.aliases.en]) {
        if (qualifier !== null) continue
        const key = text.toLowerCase()
        const owner = owners.get(key)
        if (owner && owner.code.slice(0, 4) !== row.code.slice(0, 4) && !owner.excused && !excused.has(text)) {
          fault(`"${text}" also stands under ${owner.code}, and no also line says why`)
        }
        if (!owner) owners.set(key, { code: row.code, excused: excused.has(text) })
      }
    }
  }
  return faults
}
