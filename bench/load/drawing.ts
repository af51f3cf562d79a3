/** Panels as pieces of one SVG, on Grafana's grid of 24 columns. */
interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

export interface Line {
  readonly name: string
  /** Seconds since the epoch, and what it was then. */
  readonly points: ReadonlyArray<readonly [number, number]>
}

const [column, rowHeight, gap] = [60, 30, 8]
const colors = ["#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#f2495c", "#b877d9", "#8ab8ff", "#c8f2c2"]
const fills: Record<string, string> = { green: "#1f6b3a", red: "#a52a2a", gray: "#3a3d44" }

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const scaled = (number: number): string => {
  const size = Math.abs(number)
  const [factor, suffix] = size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""]
  return `${Number((number / factor).toPrecision(3))}${suffix}`
}

const shown = (number: number, unit: string): string => {
  switch (unit) {
    case "percentunit":
      return `${Number((100 * number).toFixed(2))} %`
    case "bytes":
      return number >= 2 ** 20 ? `${(number / 2 ** 20).toFixed(0)} MiB` : `${(number / 1024).toFixed(1)} KiB`
    case "ms":
      return `${Number(number.toPrecision(3))} ms`
    case "reqps":
      return `${Number(number.toPrecision(3))}/s`
    default:
      return scaled(number)
  }
}

const text = (x: number, y: number, words: string, more = "") =>
  `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`

const boxed = ({ h, w, x, y }: Place, fill: string, inner: string): string => {
  const [width, height] = [w * column - gap, h * rowHeight - gap]
  return `<g transform="translate(${x * column + gap} ${y * rowHeight + gap})"><rect width="${width}" height="${height}" rx="3" fill="${fill}"/>${inner}</g>`
}

export const heading = (place: Place, title: string): string =>
  boxed(place, "none", text(0, 16, title, `font-size="15" fill="#fff"`))

export const value = (
  place: Place,
  { color, last, title, unit }: { title: string; unit: string; last: number | undefined; color: string },
): string => {
  const [x, y] = [(place.w * column) / 2, (place.h * rowHeight) / 2 + 22]
  const words = last === undefined ? "no data" : shown(last, unit)
  return boxed(
    place,
    fills[color] ?? color,
    text(8, 18, title) + text(x, y, words, `font-size="26" fill="#fff" text-anchor="middle"`),
  )
}

interface Chart {
  readonly title: string
  readonly unit: string
  readonly lines: ReadonlyArray<Line>
  readonly from: number
  readonly to: number
}

const [left, top, bottom] = [58, 28, 42]
const marks = [0, 0.5, 1]

export const chart = (place: Place, { from, lines, title, to, unit }: Chart): string => {
  const [width, height] = [place.w * column - gap - left - 10, place.h * rowHeight - gap - top - bottom]
  const values = lines.flatMap(({ points }) => points.map(([, number]) => number))
  const [lowest, highest] = [Math.min(0, ...values), Math.max(...values, 0)]
  const spread = highest - lowest || 1
  const across = (at: number) => left + (width * (at - from)) / (to - from)
  const up = (number: number) => top + height * (1 - (number - lowest) / spread)
  const scale = marks.map((mark) => {
    const number = lowest + mark * spread
    return `<path d="M${left} ${up(number).toFixed(1)}h${width}" stroke="#34373d"/>${text(left - 5, up(number) + 4, shown(number, unit), `text-anchor="end"`)}`
  })
  const clock = [from, to].map((at, n) =>
    text(
      across(at),
      top + height + 15,
      new Date(at * 1000).toISOString().slice(11, 19),
      `text-anchor="${n === 0 ? "start" : "end"}"`,
    ),
  )
  const drawn = lines.map(({ points }, n) => {
    const path = points.map(
      ([at, number], i) => `${i === 0 ? "M" : "L"}${across(at).toFixed(1)} ${up(number).toFixed(1)}`,
    )
    return `<path d="${path.join("")}" fill="none" stroke="${colors[n % colors.length]}" stroke-width="1.5"/>`
  })
  const spans = lines.map(({ name }, n) => `<tspan fill="${colors[n % colors.length]}">■ ${escaped(name)}  </tspan>`)
  const legend = `<text x="8" y="${top + height + 33}">${spans.join("")}</text>`
  const nothing = values.length === 0 ? text(left + width / 2, top + height / 2, "no data", `text-anchor="middle"`) : ""
  return boxed(
    place,
    "#181b1f",
    text(8, 18, title) + scale.join("") + clock.join("") + drawn.join("") + legend + nothing,
  )
}

export const gridHeight = (places: ReadonlyArray<Place>): number => Math.max(...places.map(({ h, y }) => y + h))

export const sheet = (panels: ReadonlyArray<string>, height: number): string => {
  const [width, tall] = [24 * column + gap, height * rowHeight + 2 * gap]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}" font-family="sans-serif" font-size="11" fill="#c7c9cd"><rect width="${width}" height="${tall}" fill="#0b0c0e"/>${panels.join("")}</svg>\n`
}
