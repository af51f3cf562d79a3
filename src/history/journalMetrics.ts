/** What operators see of the journal. */
import { Effect, Metric } from "effect"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const journalled = counter("records_journalled", "Records that the database did not take, by whether the journal did")
const replayed = counter("records_replayed", "Records that left the journal, by where they went")
const waiting = Metric.gauge("journal_bytes", { description: "Size of the records that wait in the journal" })

export const observeJournalled = (outcome: "kept" | "full" | "unwritable"): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(journalled, { outcome }), 1)

export const observeReplayed = (outcome: "stored" | "orphaned" | "refused"): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(replayed, { outcome }), 1)

export const observeWaiting = (bytes: number): Effect.Effect<void> => Metric.update(waiting, bytes)
