/**
 * A fence around what others wrote, so that a model takes it as data: its mark is random, so nobody can write the closing
 * line, and no angle bracket within is left. Pure but for the mark.
 */
import { Effect } from "effect"
import { randomUUID } from "node:crypto"

export interface Fence {
  /** How a fence begins, to tell the model. */
  readonly mark: string
  readonly around: (author: string, text: string) => string
}

export const makeFence: Effect.Effect<Fence> = Effect.sync(() => {
  const mark = `data-${randomUUID()}`
  const harmless = (text: string) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  return { mark, around: (author, text) => `<${mark} by="${author}">\n${harmless(text)}\n</${mark}>` }
})
