/** What an expression of Prometheus' query language names: its metrics, each with the labels it is asked for. */

const words = new Set(["and", "or", "unless", "bool", "group_left", "group_right"])

interface Selector {
  readonly metric: string
  readonly labels: ReadonlyArray<string>
}

/** Functions are followed by a parenthesis, groupings hold labels only, and brackets hold durations. */
export const selectorsOf = (expression: string): ReadonlyArray<Selector> => {
  const bare = expression
    .replace(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\boffset\s+\w+/g, "")
  return [...bare.matchAll(/(?<![\w:"])([a-z_][\w:]*)(?![\w:"]|\s*\()(?:\{([^}]*)\})?/gi)]
    .filter(([, name = ""]) => !words.has(name))
    .map(([, metric = "", labels = ""]) => ({
      metric,
      labels: [...labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
    }))
}

/** The labels that an expression groups by. */
export const groupingsOf = (expression: string): ReadonlyArray<string> =>
  [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  )
