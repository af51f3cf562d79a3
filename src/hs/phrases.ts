/** Every text of the lexicon that stands for a code: what is indexed and what is learned from. Pure. */
import { type LexiconRow, withQualifier } from "./Lexicon.ts"

export type PhraseKind = "name" | "alias" | "see" | "also" | "tell"

export interface Phrase {
  /** Digits of a heading or a subheading. */
  readonly code: string
  readonly text: string
  readonly kind: PhraseKind
}

export const phrasesOf = (rows: ReadonlyArray<LexiconRow>): ReadonlyArray<Phrase> => {
  const known = new Set(rows.map(({ code }) => code))
  /** A heading's only subheading has no row of its own. */
  const rowOf = (code: string) => (known.has(code) ? code : code.slice(0, 4))
  return rows
    .filter(({ code }) => code.length > 2)
    .flatMap((row) => {
      const phrase = (kind: PhraseKind, text: string, code = row.code): Phrase => ({ code: rowOf(code), text, kind })
      return [
        ...[row.ko, row.en].map((text) => phrase("name", text)),
        ...[...row.aliases.ko, ...row.aliases.en].map((alias) => phrase("alias", withQualifier(alias))),
        ...row.see.flatMap(({ code, aliases }) => aliases.map((alias) => phrase("see", withQualifier(alias), code))),
        ...row.also.flatMap(({ code, aliases }) => aliases.map((alias) => phrase("also", withQualifier(alias), code))),
        ...(row.tell === null ? [] : [row.tell.ko, row.tell.en].map((text) => phrase("tell", text))),
      ]
    })
}
