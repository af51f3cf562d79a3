/**
 * Reads Context7's answers, which are text: lists of libraries, documents, and failures that look like either. Texts come
 * from outside: they are shortened and stripped of control characters, and never more than data. Pure.
 */
import { Schema } from "effect"
import {
  Context7ApiError,
  type Context7Error,
  Context7RateLimited,
  Context7Unauthorised,
  LibraryNotFound,
} from "./Context7Error.ts"

export interface Library {
  /** `/owner/name`. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly snippets: number
  /** 0 (unknown) to 3 (high). */
  readonly reputation: number
}

/** `source` is an http(s) address, or empty. */
export const Snippet = Schema.Struct({ title: Schema.String, source: Schema.String, text: Schema.String })
export type Snippet = typeof Snippet.Type

const longestSnippet = 2000

const printable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "").trim()

/** What a document shows, without markup or anything that could open or close a block in another text. */
const plain = (text: string): string =>
  printable(
    text
      .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, " ")
      .replace(/<!--[\s\S]*?(?:-->|$)/g, " ")
      .replace(/<\/?[a-z][^<>]{0,500}>/gi, " ")
      .replace(/!?\[([^\]\n]{0,300})\]\([^()\s]{0,1000}(?:\s[^()\n]{0,300})?\)/g, "$1")
      .replace(/^ *(?:`{3,}|~{3,}).*$/gm, "")
      .replace(/`{3,}|~{3,}/g, "")
      .replace(/\n{3,}/g, "\n\n"),
  )

const webAddress = (text: string): string => {
  const address = printable(text)
  return URL.canParse(address) && /^https?:/.test(address) ? address.slice(0, 500) : ""
}

const reputations: Readonly<Record<string, number>> = { High: 3, Medium: 2, Low: 1 }

const field = (block: string, name: string): string =>
  printable(new RegExp(`^- ${name}: (.+)$`, "m").exec(block)?.[1] ?? "")

const reputationOf = (block: string): number => {
  const named = reputations[field(block, "Source Reputation")]
  const trust = Number.parseFloat(field(block, "Trust Score"))
  return named ?? (trust >= 7 ? 3 : trust >= 4 ? 2 : trust > 0 ? 1 : 0)
}

/** The libraries of a `resolve-library-id` answer, in its order. */
export const parseLibraries = (text: string): ReadonlyArray<Library> =>
  text.split(/^-{10,}$/m).flatMap((block) => {
    const id = field(block, "Context7-compatible library ID")
    if (!id.startsWith("/")) return []
    return [
      {
        id,
        title: field(block, "Title"),
        description: field(block, "Description").slice(0, 300),
        snippets: Number.parseInt(field(block, "Code Snippets"), 10) || 0,
        reputation: reputationOf(block),
      },
    ]
  })

const lettersOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])

/** Best first: words of the name in the title, then reputation, then the number of snippets. */
export const rankLibraries = (libraries: ReadonlyArray<Library>, name: string): ReadonlyArray<Library> => {
  const wanted = lettersOf(name)
  const score = ({ title, reputation, snippets }: Library) => {
    const words = lettersOf(title)
    const shared = [...wanted].filter((word) => words.has(word)).length / Math.max(1, wanted.size)
    return shared * 10 + reputation + Math.log10(1 + snippets) / 3
  }
  return [...libraries].sort((a, b) => score(b) - score(a))
}

const modern = /^### (.+)\n+Source: *(\S+)\n+([\s\S]*)$/
const older = /TITLE: *(.+)\n(?:DESCRIPTION: *(.*)\n)?(?:SOURCE: *(\S+)\n)?([\s\S]*)/

/** The snippets of a documentation answer; empty when it holds none, whatever else it says. */
export const parseDocs = (text: string): ReadonlyArray<Snippet> => {
  const blocks = unfenced(text)
    .flatMap((block) => block.split(/^-{20,}$/m))
    .flatMap((block) => block.split(/(?=^TITLE: )/m))
  return blocks.flatMap((block) => {
    const trimmed = block.trim()
    const found = modern.exec(trimmed)
    if (found) return [snippet(found[1], found[2], found[3])]
    const old = trimmed.startsWith("TITLE:") ? older.exec(trimmed) : null
    return old ? [snippet(old[1], old[3], `${old[2] ?? ""}\n${old[4] ?? ""}`)] : []
  })
}

const snippet = (title = "", source = "", text = ""): Snippet => ({
  title: plain(title).slice(0, 200),
  source: webAddress(source),
  text: plain(text).slice(0, longestSnippet),
})

/** Splits before each `### ` heading that a `Source:` line follows, outside of fenced code. */
const unfenced = (text: string): ReadonlyArray<string> => {
  const blocks: Array<Array<string>> = [[]]
  let fenced = false
  const lines = text.split(/\r?\n/)
  lines.forEach((line, index) => {
    if (line.startsWith("```")) fenced = !fenced
    const starts =
      !fenced && line.startsWith("### ") && lines.slice(index + 1, index + 4).some((next) => next.startsWith("Source:"))
    if (starts) blocks.push([])
    blocks.at(-1)?.push(line)
  })
  return blocks.map((block) => block.join("\n"))
}

/** The new name of a library that moved, when the answer says nothing else. */
export const redirectOf = (text: string): string | null =>
  /^Library \S+ has been redirected to this library: (\/[^\s.]+(?:\.[^\s.]+)*)/.exec(text.trim())?.[1] ?? null

/** The failure that an answer's text tells, or null when it is an answer. */
export const failureIn = (operation: string, library: string, text: string): Context7Error | null => {
  const head = text.trim().slice(0, 300)
  if (head.startsWith("Invalid API key")) return new Context7Unauthorised({ operation })
  if (head.startsWith("Rate limited or quota exceeded")) return new Context7RateLimited({ operation })
  if (head.startsWith("The library you are trying to access does not exist")) return new LibraryNotFound({ library })
  if (head.startsWith("Documentation not found or not finalized")) return new LibraryNotFound({ library })
  if (/^\{\s*"error"/.test(head)) return new Context7ApiError({ operation, status: 202, reason: printable(head) })
  const status = /^Request failed with status (\d{3})/.exec(head)?.[1]
  if (status !== undefined) return new Context7ApiError({ operation, status: Number(status), reason: printable(head) })
  if (/^Error (?:fetching library context|searching libraries)/.test(head)) {
    return new Context7ApiError({ operation, status: null, reason: printable(head) })
  }
  return null
}
