/** Asks a server for turns over connections that stay open, and takes what comes at the least cost. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"

export interface Asked {
  readonly message: string
  /** Bearer token of a member; a guest has none. */
  readonly token?: string
}

export interface Answer {
  /** Milliseconds from when it was to be sent. */
  readonly firstEvent: number
  readonly whole: number
  readonly complete: boolean
  /** The last bytes, with the turn's figures in them. */
  readonly tail: string
}

const end = Buffer.from("\r\n0\r\n\r\n")
const tailLength = 4096

/** A connection, for one question at a time. */
export class Line {
  private readonly socket: Socket
  private readonly host: string

  private constructor(socket: Socket, host: string) {
    this.socket = socket
    this.host = host
  }

  static async open(base: string): Promise<Line> {
    const { host, hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    await once(socket, "connect")
    socket.on("error", () => socket.destroy())
    return new Line(socket, host)
  }

  ask({ message, token }: Asked, due = performance.now()): Promise<Answer> {
    const body = JSON.stringify({ message })
    const authorization = token === undefined ? "" : `authorization: Bearer ${token}\r\n`
    this.socket.write(
      `POST /api/chat HTTP/1.1\r\nhost: ${this.host}\r\ncontent-type: application/json\r\n${authorization}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    return new Promise((resolve) => {
      let firstEvent = Number.NaN
      let tail: Buffer = Buffer.alloc(0)
      const done = (complete: boolean) => {
        this.socket.off("data", take).off("close", cut)
        resolve({ firstEvent, whole: performance.now() - due, complete, tail: tail.toString() })
      }
      const take = (chunk: Buffer) => {
        if (Number.isNaN(firstEvent) && chunk.includes("event: ")) firstEvent = performance.now() - due
        const seen = chunk.length >= tailLength ? chunk : Buffer.concat([tail, chunk])
        tail = seen.subarray(-tailLength)
        if (tail.subarray(-end.length).equals(end)) done(tail.includes("event: stream_end"))
      }
      const cut = () => done(false)
      this.socket.on("data", take).on("close", cut)
      if (this.socket.destroyed) cut()
    })
  }

  close() {
    this.socket.destroy()
  }
}

const withLines = async <A>(base: string, count: number, use: (lines: ReadonlyArray<Line>) => Promise<A>) => {
  const lines = await Promise.all(Array.from({ length: count }, () => Line.open(base)))
  try {
    return await use(lines)
  } finally {
    for (const line of lines) line.close()
  }
}

/** Turns a second that come back when each of so many readers asks again at once; incomplete ones are an error. */
export const saturate = (base: string, readers: number, seconds: number, next: (n: number) => Asked) =>
  withLines(base, readers, async (lines) => {
    const started = performance.now()
    let count = 0
    let lost = 0
    await Promise.all(
      lines.map(async (line) => {
        while (performance.now() - started < seconds * 1000) {
          const { complete } = await line.ask(next(count))
          count += 1
          if (!complete) lost += 1
        }
      }),
    )
    if (lost > 0) throw new Error(`${lost} of ${count} turns were lost`)
    return (1000 * count) / (performance.now() - started)
  })

/** Asks so many times a second, whatever is still open. */
export const paced = async <A>(perSecond: number, total: number, ask: (n: number, due: number) => Promise<A>) => {
  const started = performance.now()
  const answers: Array<Promise<A>> = []
  while (answers.length < total) {
    const due = started + (1000 * answers.length) / perSecond
    const early = due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, Math.max(1, early)))
    answers.push(ask(answers.length, due))
  }
  return answers
}

/** The same over as many connections as that takes. */
export const atRate = async (base: string, perSecond: number, seconds: number, next: (n: number) => Asked) => {
  const idle: Array<Line> = []
  const answers = await paced(perSecond, Math.round(perSecond * seconds), async (n, due) => {
    const line = idle.pop() ?? (await Line.open(base))
    const answer = await line.ask(next(n), due)
    idle.push(line)
    return answer
  })
  const all = await Promise.all(answers)
  for (const line of idle) line.close()
  return all
}

/** Opens so many turns, so many a second, does something while all are open, and takes their ends. */
export const together = <A>(
  base: string,
  count: number,
  perSecond: number,
  next: (n: number) => Asked,
  meanwhile: () => Promise<A>,
) =>
  withLines(base, count, async (lines) => {
    const answers = await paced(perSecond, count, (n, due) => {
      const line = lines[n]
      if (line === undefined) throw new Error(`no connection ${n}`)
      return line.ask(next(n), due)
    })
    const seen = await meanwhile()
    return { answers: await Promise.all(answers), seen }
  })
