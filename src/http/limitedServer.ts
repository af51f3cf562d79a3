/** An HTTP server that gives no client more time to send its question than a slow line needs. */
import { Server } from "node:http"

/** Milliseconds; Node answers 408 and closes. What is answered may last as long as it likes. */
export interface TimeLimits {
  /** From the first byte to the end of the headers. */
  readonly headers: number
  /** To the end of the body. */
  readonly request: number
  /** How often they are looked at. */
  readonly interval: number
}

const limits: TimeLimits = { headers: 10_000, request: 20_000, interval: 2000 }

const largestHeaders = 16 * 1024

/** Longer than balancers keep connections for questions to come (60 s): whoever closes first must not be the one that is asked. */
const idle = 75_000

class PromptServer extends Server {
  /** Connections whose answer ends after this are not kept for another question. */
  override close(callback?: (error?: Error) => void): this {
    this.keepAliveTimeout = 1
    return super.close(callback)
  }
}

export const limitedServer = ({ headers, interval, request }: TimeLimits = limits) =>
  new PromptServer({
    headersTimeout: headers,
    requestTimeout: request,
    connectionsCheckingInterval: interval,
    keepAliveTimeout: idle,
    maxHeaderSize: largestHeaders,
  })
