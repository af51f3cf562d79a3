/** A pure function that remembers what it said of late: the same few goods are asked about all day. */
export interface Remembered<A> {
  readonly of: (text: string) => A
  readonly forget: () => void
}

/** Keeps so many results; the longest unasked go first. */
export const remembered = <A>(work: (text: string) => A, most: number): Remembered<A> => {
  const kept = new Map<string, A>()
  return {
    of: (text) => {
      const before = kept.get(text)
      const value = before ?? work(text)
      if (before !== undefined) kept.delete(text)
      kept.set(text, value)
      if (kept.size > most) for (const oldest of kept.keys()) return (kept.delete(oldest), value)
      return value
    },
    forget: () => kept.clear(),
  }
}
