/** What a reader has of a turn so far, as text, and what that text says. */

interface Ended {
  readonly parallelTaskMetrics: { readonly performance_analysis: { readonly parallel_efficiency: number } }
}
interface Buttons {
  readonly summary: { readonly cache_hit: boolean }
}
interface Answer {
  readonly fullContent: string
  readonly finishReason: string
  readonly truncated?: boolean
}

const frame = "\n\n"
const failures = /^event: (?:detail_page_buttons_)?error\ndata: .*?"errorCode":"(\w+)"/gm
const pieces = /^event: main_message_data\ndata: (.*)$/gm
const ids = /^id: \S+-(\d+)$/gm

export class Reading {
  readonly #due: number
  #text = ""
  #firstEvent = Number.NaN
  #firstButton = Number.NaN
  #whole = Number.NaN

  constructor(due: number) {
    this.#due = due
  }

  take(piece: string): void {
    const from = Math.max(0, this.#text.length - 64)
    this.#text += piece
    const after = performance.now() - this.#due
    if (Number.isNaN(this.#firstEvent)) this.#firstEvent = after
    if (Number.isNaN(this.#firstButton) && this.#text.includes("event: detail_page_button_ready", from)) {
      this.#firstButton = after
    }
    if (this.over) this.#whole = after
  }

  /** Forgets an event that came in part. */
  keepFrames(): void {
    this.#text = this.#text.slice(0, this.#text.lastIndexOf(frame) + frame.length)
  }

  /** Forgets what came behind so many events, if so many came. */
  keepOnly(count: number): boolean {
    const parts = this.#text.split(frame)
    if (parts.length <= count) return false
    this.#text = parts.slice(0, count).join(frame) + frame
    this.#whole = Number.NaN
    return true
  }

  /** The last event is there. */
  get over(): boolean {
    const at = this.#text.lastIndexOf("event: stream_end\n")
    return at >= 0 && this.#text.includes(frame, at)
  }

  /** Number of the last event. */
  get last(): number {
    return Number([...this.#text.matchAll(ids)].at(-1)?.[1] ?? 0)
  }

  seen(stopped: boolean) {
    const answer = this.#data<Answer>("main_message_complete")
    const ended = this.over && this.#isGapless()
    const analysis = this.#data<Ended>("stream_end")?.parallelTaskMetrics.performance_analysis
    return {
      ended,
      answered: ended && answer !== undefined && this.#isWhole(answer, stopped),
      firstEvent: this.#firstEvent,
      firstButton: this.#firstButton,
      whole: this.#whole,
      errors: [...this.#text.matchAll(failures)]
        .map(([, code = ""]) => code)
        .filter((code) => code !== "NO_HSCODE_DETECTED"),
      cacheHit: this.#data<Buttons>("detail_page_buttons_complete")?.summary.cache_hit ?? false,
      efficiency: analysis?.parallel_efficiency ?? Number.NaN,
      saved: this.#data<{ readonly messageId: number }>("member_record_saved")?.messageId ?? null,
    }
  }

  #data<A>(event: string): A | undefined {
    const mark = `event: ${event}\ndata: `
    const at = this.#text.lastIndexOf(mark)
    if (at < 0) return undefined
    const from = at + mark.length
    return JSON.parse(this.#text.slice(from, this.#text.indexOf("\n", from))) as A
  }

  /** Pieces may have been joined for a reader that lags, so that numbers are left out, but none comes twice. */
  #isGapless(): boolean {
    const numbers = [...this.#text.matchAll(ids)].map(([, id]) => Number(id))
    return numbers[0] === 1 && numbers.every((id, index) => index === 0 || id > (numbers[index - 1] ?? 0))
  }

  #isWhole({ finishReason, fullContent, truncated = false }: Answer, stopped: boolean): boolean {
    const content = [...this.#text.matchAll(pieces)]
      .map(([, data = ""]) => (JSON.parse(data) as { readonly content: string }).content)
      .join("")
    if (!(truncated ? content.startsWith(fullContent) : content === fullContent)) return false
    return finishReason === "stop" || finishReason === "length" || (stopped && finishReason === "cancelled")
  }
}
