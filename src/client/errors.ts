/** What a turn can fail with: the service refused, or the connection was lost for good. */

export interface FieldError {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

interface Refusal {
  readonly status: number
  readonly code: string | null
  readonly detail: string
  readonly errors: ReadonlyArray<FieldError>
  readonly retryAfter: number | null
}

/** The service's own no (RFC 9457), or that of something in between, which has no `code`. */
export class ChatRefused extends Error {
  override readonly name = "ChatRefused"
  readonly status: number
  /** Stable, as `CHAT_001`. */
  readonly code: string | null
  /** For people. */
  readonly detail: string
  readonly errors: ReadonlyArray<FieldError>
  /** Seconds after which it may go better. */
  readonly retryAfter: number | null

  constructor(refusal: Refusal) {
    super(`${refusal.status} ${refusal.code ?? ""} ${refusal.detail}`.replace(/ +/g, " "))
    this.status = refusal.status
    this.code = refusal.code
    this.detail = refusal.detail
    this.errors = refusal.errors
    this.retryAfter = refusal.retryAfter
  }
}

/** The service could not be reached again. The turn may have gone on: `resume(turnId, after)` later. */
export class ChatInterrupted extends Error {
  override readonly name = "ChatInterrupted"
  /** Null when nothing is known of a turn. */
  readonly turnId: string | null
  /** Number of the last event that was read. */
  readonly after: number

  constructor(turnId: string | null, after: number, cause: unknown) {
    super("The connection to the chat was lost.", { cause })
    this.turnId = turnId
    this.after = after
  }
}

/** One connection failed; the next may not. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost"
}

/** `Retry-After` in seconds: it is a number of them or a date (RFC 9110, 10.2.3). */
const secondsOf = (header: string | null): number | null => {
  if (header === null) return null
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds))
}

const objectIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

export const refusalOf = async (response: Response): Promise<ChatRefused> => {
  const { code, detail, errors } = objectIn(await response.text().catch(() => ""))
  return new ChatRefused({
    status: response.status,
    code: typeof code === "string" ? code : null,
    detail: typeof detail === "string" ? detail : "The chat could not be reached.",
    errors: Array.isArray(errors) ? errors : [],
    retryAfter: secondsOf(response.headers.get("retry-after")),
  })
}
