/**
 * What tells two codes apart: the material, the state, part or whole, a rule that the lexicon states, or else what each
 * covers. Pure.
 */
import type { Distinction, DistinctionKind } from "../domain/Question.ts"
import type { Names } from "../domain/Recognition.ts"
import type { AlsoMeans } from "./Lexicon.ts"
import type { Entry } from "./Nomenclature.ts"

interface Attribute {
  readonly kind: DistinctionKind
  readonly label: Names
  readonly pattern: RegExp
}

const attribute = (kind: DistinctionKind, ko: string, en: string, pattern: RegExp): Attribute => ({
  kind,
  label: { ko, en },
  pattern,
})

const attributes: ReadonlyArray<Attribute> = [
  attribute("part", "부분품·부속품", "a part or accessory", /부분품|부속품|부품|\bparts?\b|accessor/i),
  attribute("material", "가죽", "leather", /가죽|피혁|leather/i),
  attribute("material", "플라스틱", "plastics", /플라스틱|합성수지|plastic/i),
  attribute("material", "고무", "rubber", /고무|rubber/i),
  attribute("material", "종이", "paper", /종이|판지|paper/i),
  attribute("material", "목재", "wood", /목재|나무|목제|wood(?!en spoon)/i),
  attribute("material", "유리", "glass", /유리|glass(?!es)/i),
  attribute("material", "도자기", "ceramics", /도자|세라믹|ceramic|porcelain/i),
  attribute("material", "스테인리스강", "stainless steel", /스테인리스|stainless/i),
  attribute("material", "철강", "iron or steel", /철강|철제|강철|iron|steel/i),
  attribute("material", "알루미늄", "aluminium", /알루미늄|alumini?um/i),
  attribute("material", "구리", "copper", /구리|동제|copper|brass/i),
  attribute("material", "귀금속", "precious metal", /귀금속|금제|은제|precious|gold|silver/i),
  attribute("material", "면", "cotton", /면제|면사|면직|면 |cotton/i),
  attribute("material", "양모", "wool", /양모|울|wool/i),
  attribute("material", "견", "silk", /견제|실크|silk/i),
  attribute(
    "material",
    "인조섬유",
    "man-made fibres",
    /인조섬유|합성섬유|폴리에스|나일론|man-made|synthetic|polyester|nylon/i,
  ),
  attribute("material", "편물", "knitted", /편물|니트|메리야스|knit/i),
  attribute("state", "신선·냉장", "fresh or chilled", /신선|냉장|생것|fresh|chilled/i),
  attribute("state", "냉동", "frozen", /냉동|frozen/i),
  attribute("state", "건조", "dried", /건조|말린|dried/i),
  attribute("state", "조제·보존", "prepared or preserved", /조제|보존처리|절임|통조림|prepared|preserved|canned/i),
  attribute("state", "볶은 것", "roasted", /볶은|볶음|로스|roast/i),
  attribute("state", "중고", "used", /중고|used/i),
]

const textOf = (entry: Entry): string => [entry.names.ko, entry.names.en, entry.tell?.ko, entry.tell?.en].join(" ")

/** The attribute of one kind that an entry shows, in its own words first. */
export const attributeOf = (entry: Entry, kind: DistinctionKind): Names | null =>
  attributes.find((candidate) => candidate.kind === kind && candidate.pattern.test(textOf(entry)))?.label ?? null

/** What an entry is, in few words. */
export const gistOf = (entry: Entry): Names => entry.tell ?? entry.names

const kinds: ReadonlyArray<DistinctionKind> = ["part", "material", "state"]

/** Why `first` and not `other`. */
export const distinguish = (first: Entry, other: Entry, rules: ReadonlyArray<AlsoMeans>): Distinction => {
  const rule = rules.find(({ code }) => code === other.code || other.code.startsWith(code))
  if (rule) return { kind: "rule", text: rule.why }
  for (const kind of kinds) {
    const [mine, theirs] = [attributeOf(first, kind), attributeOf(other, kind)]
    if (theirs && mine?.ko !== theirs.ko) {
      const without = { ko: "그 밖의 것", en: "something else" }
      return {
        kind,
        text: {
          ko: `${theirs.ko}이면 (첫째 후보는 ${(mine ?? without).ko})`,
          en: `if it is ${theirs.en} (the first candidate: ${(mine ?? without).en})`,
        },
      }
    }
  }
  const gist = gistOf(other)
  return { kind: "function", text: { ko: `이런 물품이면: ${gist.ko}`, en: `if it is this: ${gist.en}` } }
}
