/** A turn's own clock: where the machine's is set back it stands still, so that no event comes before the one before it. */
import { Clock, Effect } from "effect"

export const steadyClock = (clock: Clock.Clock): Clock.Clock => {
  let [millis, nanos] = [0, 0n]
  const currentTimeMillisUnsafe = () => (millis = Math.max(millis, clock.currentTimeMillisUnsafe()))
  const currentTimeNanosUnsafe = () => {
    const now = clock.currentTimeNanosUnsafe()
    return now > nanos ? (nanos = now) : nanos
  }
  return {
    currentTimeMillisUnsafe,
    currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
    currentTimeNanosUnsafe,
    currentTimeNanos: Effect.sync(currentTimeNanosUnsafe),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration),
  }
}
