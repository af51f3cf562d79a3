/** Responses that browsers and proxies may keep: validators (RFC 9110, 8.8) and 304 when they have what they asked for. */
import { DateTime } from "effect"
import { HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"

/** Fresh for a minute; after that a validator must match. */
const cacheControl = "public, max-age=60, stale-while-revalidate=600"

type RequestHeaders = Readonly<Record<string, string | undefined>>

const httpDate = (date: DateTime.Utc): string => DateTime.toDateUtc(date).toUTCString()

/** `If-None-Match` decides when it is there (RFC 9110, 13.2.2). */
const has = (headers: RequestHeaders, etag: string, modified: DateTime.Utc): boolean => {
  const known = headers["if-none-match"]
  if (known !== undefined)
    return known === "*" || known.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
  const since = Date.parse(headers["if-modified-since"] ?? "")
  return !Number.isNaN(since) && Math.floor(DateTime.toEpochMillis(modified) / 1000) * 1000 <= since
}

interface Representation {
  readonly body: string
  readonly etag: string
}

/** Encodes a value once, as long as it is the same object. */
export const representations = <A extends object>(encode: (value: A) => string) => {
  const kept = new WeakMap<A, Representation>()
  return (value: A): Representation => {
    const known = kept.get(value)
    if (known) return known
    const body = encode(value)
    const made = { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` }
    kept.set(value, made)
    return made
  }
}

export const cacheable = (
  request: { readonly headers: RequestHeaders },
  { body, etag }: Representation,
  modified: DateTime.Utc,
  language: string,
) => {
  const headers = {
    etag,
    "last-modified": httpDate(modified),
    "cache-control": cacheControl,
    "content-language": language,
  }
  return has(request.headers, etag, modified)
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.text(body, { contentType: "application/json", headers })
}
