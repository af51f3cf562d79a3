/** What a plain text index does: TF-IDF cosine of character 2- to 4-grams over our own names, nothing else. */
import type { LexiconRow } from "../../src/hs/Lexicon.ts"
import type { Classifier } from "./measure.ts"

const gramsOf = (text: string): ReadonlyMap<string, number> => {
  const padded = ` ${text.toLowerCase()} `
  const grams = new Map<string, number>()
  for (let size = 2; size <= 4; size++) {
    for (let i = 0; i + size <= padded.length; i++) {
      const gram = padded.slice(i, i + size)
      grams.set(gram, (grams.get(gram) ?? 0) + 1)
    }
  }
  return grams
}

export const namesBaseline = (rows: ReadonlyArray<LexiconRow>): Classifier => {
  const documents = rows
    .filter(({ code }) => code.length > 2)
    .flatMap(({ code, ko, en }) => [ko, en].map((name) => ({ code, grams: gramsOf(name) })))
  const frequency = new Map<string, number>()
  for (const { grams } of documents)
    for (const gram of grams.keys()) frequency.set(gram, (frequency.get(gram) ?? 0) + 1)
  const idf = (gram: string) => Math.log(1 + documents.length / (frequency.get(gram) ?? documents.length))
  const postings = new Map<string, Array<readonly [number, number]>>()
  documents.forEach(({ grams }, document) => {
    const norm = Math.sqrt([...grams].reduce((sum, [gram, count]) => sum + (count * idf(gram)) ** 2, 0))
    for (const [gram, count] of grams) {
      const list = postings.get(gram) ?? []
      list.push([document, (count * idf(gram)) / norm])
      postings.set(gram, list)
    }
  })
  return (query) => {
    const scores = new Map<string, number>()
    const byDocument = new Map<number, number>()
    for (const [gram, count] of gramsOf(query)) {
      for (const [document, weight] of postings.get(gram) ?? [])
        byDocument.set(document, (byDocument.get(document) ?? 0) + weight * count * idf(gram))
    }
    for (const [document, score] of byDocument) {
      const { code } = documents[document]!
      const six = code.length === 4 ? `${code}00` : code
      scores.set(six, Math.max(scores.get(six) ?? 0, score))
    }
    return [...scores]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 10)
      .map(([code]) => ({ code, confidence: 0 }))
  }
}
