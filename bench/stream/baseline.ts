/**
 * What the service is measured against: a bare `node:http` server with `pg` that writes recorded turns, the same bytes, and
 * for members inserts the same rows: a transaction when the turn starts and one when it ends. It writes all that it has at
 * once, or, as turns are in life, one event after the other.
 */
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import { Pool, type PoolClient, type QueryConfig } from "pg"
import type { Recording } from "./recording.ts"

const [file = "", url = "", pace = ""] = process.argv.slice(2)
const recordings = JSON.parse(readFileSync(file, "utf8")) as ReadonlyArray<Recording>
const turns = recordings.map(({ guest, member, ...rows }) => ({
  guest: guest.map((frame) => Buffer.from(frame)),
  member: member.map((frame) => Buffer.from(frame)),
  rows,
}))
let answered = 0
const pool = new Pool({ connectionString: url, max: 10 })

const transaction = async (work: (client: PoolClient) => Promise<void>) => {
  const client = await pool.connect()
  try {
    await client.query("BEGIN")
    await work(client)
    await client.query("COMMIT")
  } finally {
    client.release()
  }
}

/** Prepared once a connection. */
const statement = (name: string, text: string, values: ReadonlyArray<unknown>): QueryConfig => ({
  name,
  text,
  values: [...values],
})

const begin = (session: string, turn: string, user: string, message: string) =>
  transaction(async (client) => {
    await client.query(
      statement(
        "session",
        "INSERT INTO chat_sessions (session_uuid, user_id, session_title, message_count) VALUES ($1, $2, $3, 1)",
        [session, user, message],
      ),
    )
    await client.query(
      statement(
        "question",
        `INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, completed_at)
         VALUES ($1, $2, 'USER', $3, 'completed', now())`,
        [session, turn, message],
      ),
    )
  })

const complete = (session: string, turn: string, user: string, { row, query }: Omit<Recording, "guest" | "member">) =>
  transaction(async (client) => {
    await client.query(
      statement(
        "answer",
        `INSERT INTO chat_messages (session_uuid, turn_id, message_type, content, status, ai_model, completed_at,
           hscode_analysis, sse_bookmark_data, detail_page_processing_time, parallel_task_metrics)
         VALUES ($1, $2, 'AI', $3, $4, $5, now(), $6, $7, $8, $9)`,
        [session, turn, ...row],
      ),
    )
    await client.query(
      statement(
        "counted",
        "UPDATE chat_sessions SET message_count = message_count + 1, updated_at = now() WHERE session_uuid = $1",
        [session],
      ),
    )
    await client.query(
      statement(
        "recent",
        `INSERT INTO recent_queries (member, query, code, asked_at) VALUES ($1, $2, $3, now())
         ON CONFLICT (member, query) DO UPDATE SET code = excluded.code, asked_at = excluded.asked_at`,
        [user, ...query],
      ),
    )
  })

const write = async (response: ServerResponse, frames: ReadonlyArray<Buffer>) => {
  for (const frame of frames) {
    if (pace === "at once") response.write(frame)
    else await new Promise<unknown>((resolve) => response.write(frame, resolve))
  }
}

const answer = async (response: ServerResponse, body: string, user: string | undefined) => {
  const { message } = JSON.parse(body) as { message: string }
  const frames = turns[answered++ % turns.length]
  if (!frames) return response.writeHead(404).end()
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
  if (user === undefined) {
    await write(response, frames.guest)
    return response.end()
  }
  const [session, turn] = [randomUUID(), randomUUID()]
  const last = frames.member.slice(-2)
  const begun = begin(session, turn, user, message)
  await write(response, frames.member.slice(0, -2))
  await begun
  await complete(session, turn, user, frames.rows)
  await write(response, last)
  return response.end()
}

const server = createServer((request, response) => {
  let body = ""
  request.setEncoding("utf8")
  request.on("data", (piece: string) => (body += piece))
  request.on("end", () => void answer(response, body, request.headers.authorization))
}).listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}\n`)
})
