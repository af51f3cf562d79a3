/** The lexicon's rows, for scripts that need them without the service. */
import { readdirSync, readFileSync } from "node:fs"
import { parseLexicon } from "../../src/hs/Lexicon.ts"

const folder = new URL("../../src/hs/lexicon/", import.meta.url)

export const readLexicon = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".txt"))
    .flatMap((name) => parseLexicon(name, readFileSync(new URL(name, folder), "utf8")).rows)
