/** What lies behind the Context7 server: customs documentation that takes its time. */
import { Effect } from "effect"
import { createServer } from "node:http"
import { library } from "../../test/context7/Context7Server.ts"
import { listening } from "./listening.ts"

/** Its id among Context7's libraries. */
export const customs = "/customs/guide"

const documents = (question: string) => `### Classification

Source: https://customs.example/guide

${question}: goods are classified by the terms of the headings and the notes to sections and chapters.

\`\`\`text
${question}
\`\`\``

export const distantLibrary = Effect.gen(function* () {
  let delay = 0
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    const isSearch = pathname.endsWith("/libs/search")
    const body = isSearch
      ? JSON.stringify({ results: [library(customs, "Customs guide")], searchFilterApplied: false })
      : documents(searchParams.get("query") ?? "")
    const type = isSearch ? "application/json" : "text/plain"
    setTimeout(() => response.writeHead(200, { "content-type": type }).end(body), delay)
  })
  const url = yield* listening(server)
  return { url, answersAfter: (milliseconds: number) => Effect.sync(() => void (delay = milliseconds)) }
})
