/**
 * How far a replica must be for a member to read their own last write there: a position in the primary's log (LSN).
 * Bounded: whoever is dropped is covered by a position that everybody else must wait for, which only ever moves on.
 */

/** `null`: written, and where is not known yet. */
type Position = string | null

export interface LastWrites {
  /** `undefined`: any state of the replica will do. */
  readonly of: (member: string) => Position | undefined
  readonly set: (member: string, position: Position) => void
  /** The replica has this position; what was written since stays. */
  readonly reached: (member: string, position: string) => void
  /** Fills in a position that was not known. */
  readonly resolve: (member: string, position: string) => void
}

export const makeLastWrites = (most: number): LastWrites => {
  const known = new Map<string, Position>()
  let others: Position | undefined
  const of = (member: string) => (known.has(member) ? known.get(member) : others)
  const replace = (member: string, from: Position, to: string | undefined) => {
    if (of(member) !== from) return
    if (!known.has(member)) others = to
    else if (to === undefined) known.delete(member)
    else known.set(member, to)
  }
  return {
    of,
    set: (member, position) => {
      known.delete(member)
      known.set(member, position)
      if (known.size <= most) return
      const [oldest = "", dropped] = known.entries().next().value ?? []
      known.delete(oldest)
      others = dropped
    },
    reached: (member, position) => replace(member, position, undefined),
    resolve: (member, position) => replace(member, null, position),
  }
}
