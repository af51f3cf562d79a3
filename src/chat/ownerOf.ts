/** Whose a turn is, as it may stand in a shared store: it shows nobody's name. */
import { digestOf } from "../domain/digestOf.ts"
import type { Caller } from "../domain/Turn.ts"

/** A guest's turn belongs to whoever knows its id. */
export const anybody = "guest"

export const ownerOf = (caller: Caller): string =>
  caller._tag === "Guest" ? anybody : digestOf("member", caller.userId)
