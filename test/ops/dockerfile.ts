/** The project's Dockerfile, read far enough to judge it and to do what its last stage does. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

interface Instruction {
  readonly name: string
  readonly rest: string
}

const instructions: ReadonlyArray<Instruction> = readFileSync(join(root, "Dockerfile"), "utf8")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    return name === undefined || rest === undefined ? [] : [{ name, rest }]
  })

const all = (name: string, among = instructions) => among.filter((each) => each.name === name).map(({ rest }) => rest)

export const images = all("FROM").map((rest) => rest.split(" ")[0] ?? "")
export const forms = instructions.map(({ name }) => name)
export const runs = all("RUN")

const last = instructions.slice(instructions.map(({ name }) => name).lastIndexOf("FROM"))

export const user = all("USER", last).at(-1)
export const volumes = all("VOLUME", last)

/** What it takes from the project, and where it puts it, below its working directory. */
export const copies = all("COPY", last)
  .filter((rest) => !rest.startsWith("--from"))
  .map((rest) => rest.split(/\s+/))
  .flatMap((words) =>
    words.slice(0, -1).map((from) => ({ from, to: words.at(-1)?.endsWith("/") ? from : (words.at(-1) ?? "") })),
  )

export const environment = Object.fromEntries(
  all("ENV", last).flatMap((rest) => rest.split(/\s+/).map((pair) => pair.split("=") as [string, string])),
)

const words = (name: string): ReadonlyArray<string> => JSON.parse(/\[.*\]$/.exec(all(name, last)[0] ?? "")?.[0] ?? "[]")

export const command = words("CMD")
export const healthCheck = words("HEALTHCHECK")
