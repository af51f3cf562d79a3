/** A name for what must not stand in a store in clear: the same parts have the same one. */
import { createHash } from "node:crypto"

export const digestOf = (...parts: ReadonlyArray<unknown>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url")
