/**
 * Finds the one question whose answer separates the candidates best: of all ways to part them (material, state, part or
 * whole, what they are) the one whose groups carry the most information, where every answer really leads to its group. Pure.
 */
import type { DistinctionKind, Question } from "../domain/Question.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Candidate, Language, Names, Recognition } from "../domain/Recognition.ts"
import { attributeOf, gistOf } from "./distinctions.ts"
import type { Entry, Nomenclature } from "./Nomenclature.ts"

const certainEnough = 0.7
const worthAsking = 0.05
const mostOptions = 4

interface Group {
  readonly label: Names
  readonly candidates: ReadonlyArray<Candidate>
  readonly mass: number
}

const asks: Readonly<Record<DistinctionKind, Names>> = {
  material: { ko: "어떤 재질입니까?", en: "What is it made of?" },
  state: { ko: "어떤 상태입니까?", en: "In what state is it?" },
  part: { ko: "완제품입니까, 부분품입니까?", en: "Is it the whole article or a part of it?" },
  rule: { ko: "다음 중 어느 것입니까?", en: "Which of these is it?" },
  function: { ko: "다음 중 어느 것에 가깝습니까?", en: "Which of these is it closest to?" },
}

const unsure: Names = { ko: "모르겠습니다", en: "I don't know" }
const wholeArticle: Names = { ko: "완제품", en: "the whole article" }

const groupBy = (
  candidates: ReadonlyArray<Candidate>,
  labelOf: (candidate: Candidate) => Names | null,
): ReadonlyArray<Group> => {
  const groups = new Map<string, { label: Names; candidates: Array<Candidate>; mass: number }>()
  for (const candidate of candidates) {
    const label = labelOf(candidate)
    if (!label) continue
    const group = groups.get(label.ko) ?? { label, candidates: [], mass: 0 }
    group.candidates.push(candidate)
    group.mass += candidate.confidence
    groups.set(label.ko, group)
  }
  return [...groups.values()].sort((a, b) => b.mass - a.mass).slice(0, mostOptions)
}

/** Bits that the answer brings. */
const information = (groups: ReadonlyArray<Group>, total: number): number =>
  groups.reduce((sum, { mass }) => {
    const share = mass / total
    return share <= 0 ? sum : sum - share * Math.log2(share)
  }, 0)

/** Null when the first candidate is sure, nothing is likely, or no question separates what is. */
export const clarify = (
  recognition: Recognition,
  nomenclature: Nomenclature,
  recognize: (message: string) => Recognition,
): Question | null => {
  const { language, productName, candidates } = recognition
  const likely = candidates.filter(({ confidence }) => confidence >= worthAsking)
  const first = candidates[0]
  if (
    productName === null ||
    recognition.written.length > 0 ||
    !first ||
    first.confidence >= certainEnough ||
    likely.length < 2
  )
    return null
  const entryOf = (candidate: Candidate): Entry | undefined => nomenclature.get(candidate.code)
  const byAttribute = (kind: DistinctionKind) => (candidate: Candidate) => {
    const entry = entryOf(candidate)
    return entry ? (attributeOf(entry, kind) ?? (kind === "part" ? wholeArticle : null)) : null
  }
  const total = likely.reduce((sum, { confidence }) => sum + confidence, 0)
  const gist = (candidate: Candidate) => {
    const entry = entryOf(candidate)
    return entry ? gistOf(entry) : null
  }
  const ways = (
    [
      ["material", byAttribute("material")],
      ["state", byAttribute("state")],
      ["part", byAttribute("part")],
      ["function", gist],
    ] as const
  )
    .map(([kind, labelOf]) => ({ kind, groups: groupBy(likely, labelOf) }))
    .filter(({ groups }) => groups.length >= 2)
    .sort((a, b) => information(b.groups, total) - information(a.groups, total))
  for (const { kind, groups } of ways) {
    const question = ask(kind, groups, language, productName, recognize)
    if (question) return question
  }
  return null
}

const ask = (
  kind: DistinctionKind,
  groups: ReadonlyArray<Group>,
  language: Language,
  product: string,
  recognize: (message: string) => Recognition,
): Question | null => {
  const options = groups.flatMap(({ label, candidates }) => {
    const refinement = `${label[language]} ${product}`
    const led = recognize(refinement).candidates[0]?.code
    const codes = candidates.map(({ code }) => dotted(code))
    return candidates.some(({ code }) => code === led) ? [{ label: label[language], refinement, codes }] : []
  })
  if (options.length < 2) return null
  return {
    kind,
    text: asks[kind][language],
    options: [...options, { label: unsure[language], refinement: null, codes: [] }],
  }
}
