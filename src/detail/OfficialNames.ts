/** Lets the recognition learn the official names after each import, on every instance. */
import { Effect, Layer, Stream } from "effect"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { TariffSchedules } from "../tariff/TariffSchedules.ts"

export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const { learn, nomenclature } = yield* HarmonizedSystem
    const { names, versions } = yield* TariffSchedules
    yield* versions.pipe(
      Stream.changesWith((a, b) => a.id === b.id),
      Stream.runForEach(() =>
        names.pipe(
          Effect.map((all) => learn(all.filter(({ code }) => nomenclature.get(code) !== undefined))),
          Effect.catch((error) => Effect.logWarning("official names not learned", error.reason)),
        ),
      ),
      Effect.forkScoped,
    )
  }),
)
