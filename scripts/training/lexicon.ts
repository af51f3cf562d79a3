/** The lexicon's rows, and the wordings beside it, for scripts that need them without the service. */
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { readRows } from "../../src/hs/Knowledge.ts"
import { parseWordings } from "./wordings.ts"

const textsOf = (folder: URL) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .map((file) => ({ file, text: readFileSync(new URL(file, folder), "utf8") }))

export const readLexicon = () => Effect.runSync(readRows(textsOf(new URL("../../src/hs/lexicon/", import.meta.url))))

/** Throws with the first fault. */
export const readWordings = (exists: (code: string) => boolean) =>
  textsOf(new URL("wordings/", import.meta.url)).flatMap(({ file, text }) => {
    const { wordings, faults } = parseWordings(text, exists)
    const first = faults[0]
    if (first) throw new Error(`${file}:${first.line}: ${first.problem}`)
    return wordings
  })
