/** Figures that several measurements are told by. */

/** That share of the values is not above it. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

export const median = (values: ReadonlyArray<number>) => quantile(values, 0.5)
