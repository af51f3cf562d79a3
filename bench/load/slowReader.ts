/** A reader that takes a few hundred bytes at a time, so that what is written to it piles up. */
import { connect } from "node:net"
import { follow } from "./reader.ts"
import { Reading } from "./Reading.ts"

/** Bytes, and the milliseconds between two of them. */
const sip = 512
const pause = 250

interface Place {
  readonly id: string
  /** That it has taken. */
  readonly bytes: number
}

export const slowReader = (base: string, message: string) => {
  const { host, hostname, port } = new URL(base)
  let head = ""
  let bytes = 0
  const buffer = Buffer.alloc(sip)
  const callback = (count: number) => {
    bytes += count
    if (head.length < 2 * sip) head += buffer.toString("latin1", 0, count)
    return false
  }
  const socket = connect({ host: hostname, port: Number(port), onread: { buffer, callback } })
  const body = JSON.stringify({ message })
  socket.on("error", () => socket.destroy())
  socket.write(
    `POST /api/chat HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  const timer = setInterval(() => socket.resume(), pause)
  return {
    leave: (): Place => {
      clearInterval(timer)
      socket.destroy()
      return { id: /x-turn-id: (\S+)/i.exec(head)?.[1] ?? "", bytes }
    },
  }
}

/** Whether the turn can then be read to its end at full speed. */
export const goOn = async (base: string, { id }: Place): Promise<boolean> => {
  const reading = new Reading(performance.now())
  if (id !== "") await follow(base, id, {}, reading)
  return reading.over
}
