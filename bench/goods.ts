/** Goods as people ask for them, a few of them most of the time. */
import { readFileSync } from "node:fs"

const goodsAsked = 500

export const goods = readFileSync(new URL("../test/hs/everyday.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .flatMap((line) => line.split("\t").slice(0, 2))
  .filter((name) => name.length > 1)
  .slice(0, goodsAsked)

/** The same product as people write it: case, spacing, and the question around it. */
export const spellings: ReadonlyArray<(name: string) => string> = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => name.replace(/ /g, "  "),
  (name) => (/[가-힣]/.test(name) ? `${name} HS코드가 뭐야?` : `What is the HS code for ${name}?`),
  (name) => (/[가-힣]/.test(name) ? `${name} 수입할 때 관세율` : `${name} tariff rate`),
]

/** Numbers from 0 to 1 that are the same in every run. */
export const random = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
  return seed / 2 ** 32
}

/** One of the goods, the first of them most often, in one of the spellings. */
export const zipf = (next: () => number): string => {
  const total = goods.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
  let left = next() * total
  const name = goods.find((_, rank) => (left -= 1 / (rank + 1)) <= 0) ?? goods[0] ?? ""
  return (spellings[Math.floor(next() * spellings.length)] ?? String)(name)
}
