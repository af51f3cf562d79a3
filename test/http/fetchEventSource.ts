/** `@microsoft/fetch-event-source` as a page uses it, with its own ways to open, to close and to come back. */
import { fetchEventSource } from "@microsoft/fetch-event-source"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"

/** What it takes of a browser: timers of the window, and whether its page is seen. */
const asInBrowsers = Effect.acquireRelease(
  Effect.sync(() => {
    vi.stubGlobal("window", globalThis)
    vi.stubGlobal("document", { hidden: false, addEventListener: () => {}, removeEventListener: () => {} })
  }),
  () => Effect.sync(() => vi.unstubAllGlobals()),
)

interface Question {
  readonly message: string
  readonly headers?: Record<string, string>
  /** Told of each event's name. */
  readonly each?: (event: string) => void
}

/** More connections than this are not lost in a row by any test. */
const mostFailures = 10

/** The `data` lines of a turn, until it is done with it. */
export const askByFetchEventSource = (base: string, { each, headers, message }: Question) =>
  Effect.gen(function* () {
    yield* asInBrowsers
    const lines: Array<string> = []
    let failures = 0
    yield* Effect.promise(() =>
      fetchEventSource(`${base}/api/chat`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ message }),
        openWhenHidden: true,
        onmessage: ({ id, event, data }) => {
          lines.push(data)
          assert.strictEqual(event, JSON.parse(data).eventType)
          assert.isTrue(id.endsWith(`-${lines.length}`))
          each?.(event)
        },
        onerror: (error) => {
          failures += 1
          if (failures > mostFailures) throw error
          return 1
        },
      }),
    )
    return lines
  }).pipe(Effect.scoped)
