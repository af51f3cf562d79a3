/** The two parts of a request's target, cut where the router cuts them. */
const cut = (target: string) => {
  const end = target.search(/[?;#]/)
  return end === -1 ? { path: target, query: "" } : { path: target.slice(0, end), query: target.slice(end + 1) }
}

export const pathOf = (target: string): string => cut(target).path

export const queryOf = (target: string): URLSearchParams => new URLSearchParams(cut(target).query)
