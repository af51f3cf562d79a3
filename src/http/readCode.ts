/** A code as people write it in an address. */
import { Effect, Schema } from "effect"
import { HsCode } from "../domain/HsCode.ts"
import { codeMalformed } from "./problems.ts"

export const readCode = (written: string) =>
  Schema.decodeUnknownEffect(HsCode)(written.replace(/[.\-\s]/g, "")).pipe(
    Effect.mapError(() => codeMalformed(written)),
  )
