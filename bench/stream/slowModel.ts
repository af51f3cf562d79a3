/** A model behind OpenAI's wire protocol that says a word, waits until it is let go, and says the rest. */
import { createServer } from "node:http"
import { once } from "node:events"

export const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "slow", choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`

export const slowModel = async () => {
  let release = () => {}
  let held = new Promise<void>((resolve) => (release = resolve))
  let open = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on("end", async () => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(chunk({ role: "assistant", content: "It is " }))
      open += 1
      await held
      for (const word of ["a ", "smart", "phone."]) response.write(chunk({ content: word }))
      response.write(chunk({}, { finish_reason: "stop" }))
      response.end("data: [DONE]\n\n")
      open -= 1
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/v1`,
    open: () => open,
    release: () => {
      release()
      held = new Promise<void>((resolve) => (release = resolve))
    },
    close: () => server.close(),
  }
}
