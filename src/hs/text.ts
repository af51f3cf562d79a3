/**
 * Makes what people write comparable: one alphabet form, no markup, no question around the product, words with their
 * role in the phrase. Pure; anything goes in, up to `longest` characters of it are read.
 */

const longest = 1000

/** The role of a word in its phrase: the thing itself, what kind of it, or what stands beside it ("for …", in brackets). */
export type Role = "head" | "modifier" | "aside"

export interface Word {
  readonly text: string
  readonly role: Role
  readonly hangul: boolean
}

const questions: ReadonlyArray<RegExp> = [
  /\b(?:what(?:'s| is| are)?|which|tell me|please|could you|can you|find|look up|i (?:want|need|would like) to know|give me|show me)\b/g,
  /\b(?:the )?(?:correct )?(?:hs|hsk|hts|hscode|tariff|customs|harmoni[sz]ed(?: system)?|import|export)\s*-?(?:codes?|numbers?|classifications?|dut(?:y|ies)|tariffs?|rates?|requirements?)\b(?: (?:number|rate)s?)?/g,
  /\b(?:hs|hts|hsk)\b/g,
  /\b(?:import(?:ing|ed|s)?|export(?:ing|ed|s)?|classif(?:y|ied|ication)|duty|customs|clear(?:ance)?|shipping|declare) ?(?:of|for|to|into|from|as|under|in)?\b/g,
  /\b(?:into|to|from|in) (?:south )?(?:korea|the us|the usa|the united states|china|japan|eu|the eu|europe|vietnam|germany)\b/g,
  /(?:수입|수출|통관|직구)(?:할|하려는|하려고|하려면|하는|하고|한|시|될|해서|하면|을|를)?\s*(?:때|데|경우|싶은데|싶어요?|시)?(?:에는|에|의|는)?(?=\s|$)/g,
  /(?:hs\s*-?\s*)?(?:코드|부호|세번|품목\s*(?:번호|분류)|관세율?|세율|분류|협정세율|기본세율|요건|규제|통계)(?:는|은|가|이|를|을|로|의|좀)?(?=\s|$|[?.!,])/g,
  /(?:뭐야|뭐예요|뭐에요|뭔가요|뭐죠|뭐니|뭐임|무엇인가요|무엇입니까|무엇이야|무엇|뭘까요?|뭔지|어떻게|되나요|되요|돼요|됩니까|인가요|일까요|얼마(?:나|예요|에요|인가요|야)?|알려\s*(?:줘요?|주세요|주실래요)|가르쳐\s*(?:줘|주세요)|찾아\s*(?:줘|주세요)|궁금(?:해요?|합니다)?|해당(?:하는|되는)?|좀|해\s*줘|부탁(?:해요|드립니다)?)(?=\s|$|[?.!,])/g,
]

const spelling: ReadonlyArray<readonly [RegExp, string]> = [
  [/\baluminium\b/g, "aluminum"],
  [/colour/g, "color"],
  [/fibre/g, "fiber"],
  [/\btyre/g, "tire"],
  [/\bmould/g, "mold"],
  [/jewellery/g, "jewelry"],
  [/\bgrey\b/g, "gray"],
  [/\bsulph/g, "sulf"],
  [/\bcentre/g, "center"],
  [/\bplough/g, "plow"],
  [/\bpyjama/g, "pajama"],
  [/\bdoughnut/g, "donut"],
  [/\byoghurt/g, "yogurt"],
  [/\bt[\s-]shirt/g, "tshirt"],
  [/플래스틱/g, "플라스틱"],
  [/스텐(?=\s|레|으|제|$)/g, "스테인리스"],
  [/스테인레스|스텐레스|스테인리스스틸/g, "스테인리스"],
  [/악세사리|액세사리|악세서리/g, "액세서리"],
  [/쥬스/g, "주스"],
  [/쵸콜렛|초콜렛|쵸콜릿/g, "초콜릿"],
  [/후라이팬/g, "프라이팬"],
  [/쏘세지|소세지/g, "소시지"],
  [/텔레비젼/g, "텔레비전"],
]

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": " ",
  "&gt;": " ",
  "&quot;": " ",
  "&#39;": "'",
  "&nbsp;": " ",
}

/** One form for what is the same: NFKC, lower case, no markup, common spellings. */
export const normalise = (text: string): string => normaliseLines(text.slice(0, longest))

/** The same for many texts at once, one a line, however long. */
export const normaliseLines = (text: string): string => {
  let out = text.normalize("NFKC").toLowerCase()
  out = out
    .replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? " ")
    .replace(/<\/?[a-z][^<>\n]{0,200}>/g, " ")
  for (const [pattern, replacement] of spelling) out = out.replace(pattern, replacement)
  return out
}

/** The message without the question: what is left names the product. */
export const withoutQuestion = (normalised: string): string =>
  questions
    .reduce((text, pattern) => text.replace(pattern, " "), normalised)
    .replace(/[?!]+/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^(?:(?:for|of|on|about|is|the|an?|my|this)\s+)+/, "")

const irregular = new Map(
  Object.entries({
    knives: "knife",
    leaves: "leaf",
    shelves: "shelf",
    loaves: "loaf",
    halves: "half",
    feet: "foot",
    teeth: "tooth",
    geese: "goose",
    mice: "mouse",
    men: "man",
    women: "woman",
    children: "child",
    people: "person",
    oxen: "ox",
    lenses: "lens",
    gases: "gas",
    buses: "bus",
  }),
)
const unchanging = /(?:ss|us|is|ics|ous)$/

/** English singular, good enough to make `boxes` and `box` one word. */
const singular = (word: string): string => {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (word.length < 4 || !word.endsWith("s") || unchanging.test(word)) return word
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:ches|shes|sses|xes|zes)$/.test(word)) return word.slice(0, -2)
  if (word.endsWith("oes")) return word.slice(0, -2)
  return word.slice(0, -1)
}

const particle =
  /(?:으로부터|에서는|에서|에게|까지|부터|으로|이라는|라는|이랑|하고|처럼|보다|들의|들을|들이|들|은|는|을|를|의|에|로|와|과|도)$/
const particleAfterVowel = /(?:가|이)$/

/** A Korean word without its particle, when enough of a noun is left. */
const stem = (word: string): string => {
  const bare = word.replace(particle, "")
  if (bare.length >= 2 && bare !== word) return bare
  const subjectless = word.replace(particleAfterVowel, "")
  return subjectless.length >= 3 && subjectless !== word ? subjectless : word
}

const connectors = new Set([
  "for",
  "with",
  "without",
  "of",
  "in",
  "from",
  "by",
  "used",
  "using",
  "made",
  "containing",
  "to",
  "on",
  "at",
  "as",
  "that",
  "which",
  "suitable",
  "designed",
  "having",
  "consisting",
  "packed",
  "incl",
  "including",
  "w",
])
const articles = new Set([
  "a",
  "an",
  "the",
  "and",
  "or",
  "some",
  "any",
  "my",
  "our",
  "your",
  "new",
  "set",
  "this",
  "these",
  "those",
  "is",
  "are",
  "be",
  "it",
  "its",
  "not",
  "no",
  "pcs",
  "pc",
  "ea",
])
/** Words that tell one model of a series from another and nothing about what it is. */
const series = new Set([
  "pro",
  "max",
  "ultra",
  "plus",
  "lite",
  "gen",
  "generation",
  "프로",
  "맥스",
  "울트라",
  "플러스",
  "세대",
])

const koreanConnector = /(?:용|위한|에서|하는|있는|으로|된|한|인|제|형|식|넣은|만든|담은|달린|없는|같은|쓰는|사용|의)$/

const tokenPattern = /[가-힣]+|[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?[a-z]*|[぀-ヿ一-鿿]+/g

const splitPhrase = (text: string): ReadonlyArray<{ readonly text: string; readonly bracketed: boolean }> => {
  const out: Array<{ text: string; bracketed: boolean }> = []
  let rest = text
  const bracket = /[([{]([^()[\]{}]*)[)\]}]/
  for (let match = bracket.exec(rest); match; match = bracket.exec(rest)) {
    out.push({ text: match[1] ?? "", bracketed: true })
    rest = `${rest.slice(0, match.index)} ${rest.slice(match.index + match[0].length)}`
  }
  return [{ text: rest, bracketed: false }, ...out]
}

/** The words of a phrase that has been normalised, each with its role: in English and Korean the head stands last. */
export const wordsOf = (normalised: string): ReadonlyArray<Word> => {
  const out: Array<{ text: string; role: Role; hangul: boolean }> = []
  for (const part of splitPhrase(normalised)) {
    let aside = part.bracketed
    let head: { role: Role } | null = null
    const begun = out.length
    const close = () => {
      if (head) head.role = "head"
      head = null
    }
    for (const segment of part.text.split(/[,;:/|•·]| - |\n/)) {
      if (head) close()
      for (const token of segment.match(tokenPattern) ?? []) {
        const hangul = /^[가-힣]/.test(token)
        if (connectors.has(token)) {
          if (out.length > begun) {
            close()
            aside = true
          }
          continue
        }
        if (articles.has(token)) continue
        const weak = series.has(token) || /^\d/.test(token)
        const role: Role = aside || weak ? "aside" : "modifier"
        const word = { text: hangul ? stem(token) : singular(token), role, hangul }
        out.push(word)
        if (role !== "aside" && !(hangul && koreanConnector.test(token))) head = word
      }
      close()
      aside = true
    }
  }
  return out
}

/** One form for the same product in another spelling, spacing, case or number. */
export const canonical = (text: string): string =>
  wordsOf(withoutQuestion(normalise(text)))
    .map((word) => word.text)
    .join("")
