/** Turns of the service as they went over the wire, with the rows that one of them left, for the baseline to repeat. */
import type { Pool } from "pg"

export interface Recording {
  readonly guest: ReadonlyArray<string>
  readonly member: ReadonlyArray<string>
  /** Columns of the answer, from `content` on. */
  readonly row: ReadonlyArray<unknown>
  /** The recent query and its code. */
  readonly query: ReadonlyArray<unknown>
}

const ask = async (base: string, message: string, headers: Record<string, string>) => {
  const response = await fetch(`${base}/api/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ message }),
  })
  const text = await response.text()
  if (!text.includes("event: stream_end")) throw new Error(`no turn was recorded: ${text.slice(0, 200)}`)
  return text.split(/(?<=\n\n)/)
}

export const record = async (base: string, message: string, token: string, pool: Pool): Promise<Recording> => {
  const guest = await ask(base, message, {})
  const member = await ask(base, message, { authorization: `Bearer ${token}` })
  const { rows } = await pool.query(
    `SELECT content, status, ai_model, hscode_analysis, sse_bookmark_data, detail_page_processing_time, parallel_task_metrics
     FROM chat_messages WHERE message_type = 'AI' ORDER BY message_id DESC LIMIT 1`,
  )
  const recent = await pool.query("SELECT query, code FROM recent_queries ORDER BY asked_at DESC LIMIT 1")
  return { guest, member, row: Object.values(rows[0] ?? {}), query: Object.values(recent.rows[0] ?? {}) }
}
