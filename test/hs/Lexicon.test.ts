import { assert, describe, it } from "@effect/vitest"
import { checkLexicon, parseLexicon } from "../../src/hs/Lexicon.ts"
import { makeNomenclature } from "../../src/hs/Nomenclature.ts"
import { parseEditions } from "../../src/hs/Editions.ts"

const text = `# washing
84 | 기계 | Machinery

8450 | 세탁기 | Washing machines
ko: 세탁기 (가정용), 빨래 기계
en: washing machine
usual: 8450.11
see 8450.20: 산업용 세탁기

8450.11 | 전자동 | Automatic
ko: 드럼세탁기
en: front loader
tell: 10kg 이하 | up to 10 kg
also 8450.20: 드럼세탁기 = 10kg 초과이면 | if over 10 kg

8450.20 | 대형 | Large
ko: 대용량 세탁기
en: large washer
tell: 10kg 초과 | over 10 kg
`
const problems = (content: string) => {
  const parsed = parseLexicon("84.txt", content)
  return [...parsed.faults, ...checkLexicon([{ file: "84.txt", rows: parsed.rows }])].map(
    ({ line, problem }) => `${line}: ${problem}`,
  )
}

describe("a lexicon file", () => {
  it("is read row by row", () => {
    const { rows, faults } = parseLexicon("84.txt", text)
    assert.deepStrictEqual(faults, [])
    assert.deepStrictEqual(
      rows.map(({ code }) => code),
      ["84", "8450", "845011", "845020"],
    )
    assert.deepStrictEqual(rows[1]?.aliases.ko, [
      { text: "세탁기", qualifier: "가정용" },
      { text: "빨래 기계", qualifier: null },
    ])
    assert.deepStrictEqual(rows[2]?.tell, { ko: "10kg 이하", en: "up to 10 kg" })
    assert.strictEqual(rows[2]?.also[0]?.why.en, "if over 10 kg")
    assert.deepStrictEqual(problems(text), [])
  })

  const faulty: ReadonlyArray<[string, (text: string) => string, RegExp]> = [
    ["a line that is none", (t) => t.replace("see 8450.20", "sea 8450.20"), /^8: neither a row/],
    ["a row without a language", (t) => t.replace("en: large washer\n", ""), /845020: aliases in Korean and English/],
    [
      "a subheading without a tell",
      (t) => t.replace("tell: 10kg 초과 | over 10 kg\n", ""),
      /845020: a subheading needs a tell/,
    ],
    ["a tell in one language", (t) => t.replace("tell: 10kg 초과 | over 10 kg", "tell: over 10 kg"), /a tell is/],
    ["an also line without its reason", (t) => t.replace(" = 10kg 초과이면 | if over 10 kg", ""), /an also line ends/],
    ["a code that does not exist", (t) => t.replace("see 8450.20", "see 8450.99"), /there is no 845099/],
    [
      "a usual subheading of another heading",
      (t) => t.replace("usual: 8450.11", "usual: 8451.11"),
      /usual names no subheading/,
    ],
    [
      "a row that stands twice",
      (t) => `${t}\n8450.20 | 대형 | Large\nko: 하나\nen: one\ntell: a | b\n`,
      /845020: the row stands twice/,
    ],
    [
      "a row without its parent",
      (t) => `${t}\n8452.10 | 재봉틀 | Sewing\nko: 재봉틀\nen: sewing machine\ntell: a | b\n`,
      /845210: its parent has no row/,
    ],
    [
      "an alias under two headings without a reason",
      (t) => `${t}\n8451 | 건조기 | Dryers\nko: 빨래 기계\nen: dryer\n`,
      /"빨래 기계" also stands under 8450/,
    ],
  ]
  it.each(faulty)("is refused for %s", (_, spoil, problem) => {
    assert.match(problems(spoil(text)).join("\n"), problem)
  })
})

describe("the nomenclature", () => {
  const nomenclature = makeNomenclature(parseLexicon("84.txt", text).rows)

  it("knows a code's chain and siblings", () => {
    assert.deepStrictEqual(
      nomenclature.chain("845011").map(({ code }) => code),
      ["84", "8450", "845011"],
    )
    assert.deepStrictEqual(
      nomenclature.siblings("845011").map(({ code }) => code),
      ["845020"],
    )
    assert.strictEqual(nomenclature.get("8450")?.usual, "845011")
    assert.isUndefined(nomenclature.get("8460"))
  })

  it("gives a heading without subheading rows its single subheading", () => {
    const alone = makeNomenclature(
      parseLexicon(
        "05.txt",
        "05 | 동물성 | Animal\n\n0501 | 사람 머리카락 | Human hair\nko: 머리카락\nen: human hair\n",
      ).rows,
    )
    assert.strictEqual(alone.get("0501")?.children.join(), "050100")
    assert.deepStrictEqual(alone.get("050100")?.names, { ko: "사람 머리카락", en: "Human hair" })
  })
})

it("follows older codes to their successors and back", () => {
  const editions = parseEditions("# facts\n8517.12 = 8517.13 8517.14\n", "8517.14 = 8517.12\n8524.11 = many\n")
  assert.strictEqual(editions.successors("851712").join(" "), "851713 851714")
  assert.deepStrictEqual(editions.origins("851714"), ["851712"] as never)
  assert.strictEqual(editions.origins("852411"), "many")
  assert.isNull(editions.origins("851762"))
  assert.deepStrictEqual(editions.successors("851713"), [])
})
