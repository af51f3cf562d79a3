/**
 * From a product's name to ranked codes of HS 2022. Pure.
 *
 * Confidence of a candidate: its share of the evidence among all candidates, `similarity^sharpness`, times how far the
 * best match covers the phrase, a logistic function of its similarity. More similarity of the same candidate never lowers it.
 */
import type { HsCode } from "../domain/HsCode.ts"
import type { Candidate } from "../domain/Recognition.ts"
import type { AliasIndex } from "./AliasIndex.ts"
import { featuresOf } from "./features.ts"
import type { LexiconRow } from "./Lexicon.ts"
import type { Nomenclature } from "./Nomenclature.ts"
import { wordsOf } from "./text.ts"

const sharpness = 9
const considered = 40

const coverage = (similarity: number): number => 1 / (1 + Math.exp(-14 * (similarity - 0.55)))

/** `phrase` is normalised and without its question; at most `limit` candidates, best first. */
export const recognizeName = (
  phrase: string,
  rows: ReadonlyArray<LexiconRow>,
  index: AliasIndex,
  nomenclature: Nomenclature,
  limit: number,
): ReadonlyArray<Candidate> => {
  const matches = index.search(featuresOf(wordsOf(phrase)), considered)
  const evidence = new Map<HsCode, number>()
  for (const { row, similarity } of matches) {
    const entry = nomenclature.get(rows[row]!.code)
    if (!entry) continue
    const code = entry.usual ?? (entry.children.length === 1 ? entry.children[0]! : entry.code)
    evidence.set(code, Math.max(evidence.get(code) ?? 0, similarity))
  }
  const total = [...evidence.values()].reduce((sum, value) => sum + value ** sharpness, 0)
  return [...evidence]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([code, similarity]) => ({
      code,
      confidence: Math.round((similarity ** sharpness / total) * coverage(similarity) * 1000) / 1000,
      names: nomenclature.get(code)!.names,
      source: "lexicon" as const,
    }))
}
