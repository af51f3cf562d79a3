/** Lets the recognition learn the official names that hold: after each import, on every instance, and anew each day. */
import { Effect, Layer, Schedule, Stream } from "effect"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { TariffSchedules } from "../tariff/TariffSchedules.ts"

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { learn, nomenclature } = yield* HarmonizedSystem
    const { names, versions } = yield* TariffSchedules
    const learned = names.pipe(
      Effect.map((all) => learn(all.filter(({ code }) => nomenclature.get(code) !== undefined))),
      Effect.tapError((error) => Effect.logWarning("official names not learned", error.reason)),
      Effect.retry(Schedule.spaced("1 minute")),
    )
    const days = Stream.fromSchedule(Schedule.cron("0 0 * * *", "UTC"))
    yield* versions.pipe(
      Stream.changesWith((a, b) => a.id === b.id),
      Stream.merge(days),
      Stream.switchMap(() => Stream.fromEffect(learned)),
      Stream.runDrain,
      Effect.forkScoped,
    )
  }),
)
