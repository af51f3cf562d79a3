/** What operators see of the journal. */
import { Effect, Metric } from "effect"

const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

const journalled = counter("records_journalled", "Records that the database did not take, by whether the journal did")
const replayed = counter("records_replayed", "Records that left the journal, by where they went")
const waiting = Metric.gauge("journal_bytes", { description: "Size of the records that wait in the journal" })

const journalling = ["kept", "full", "unwritable"] as const
const replaying = ["stored", "orphaned", "refused"] as const

/** A counter that first appears with its first count has no increase to be seen. */
export const startFromZero: Effect.Effect<void> = Effect.all(
  [
    ...journalling.map((outcome) => Metric.withAttributes(journalled, { outcome })),
    ...replaying.map((outcome) => Metric.withAttributes(replayed, { outcome })),
  ].map((metric) => Metric.update(metric, 0)),
  { discard: true },
).pipe(Effect.andThen(Metric.update(waiting, 0)))

export const observeJournalled = (outcome: (typeof journalling)[number]): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(journalled, { outcome }), 1)

export const observeReplayed = (outcome: (typeof replaying)[number]): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(replayed, { outcome }), 1)

export const observeWaiting = (bytes: number): Effect.Effect<void> => Metric.update(waiting, bytes)
