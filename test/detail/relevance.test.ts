import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { citing, evidenceOf, isAboutTrade } from "../../src/detail/relevance.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"

const saying = (text: string, title = "t") => ({ title, text, source: "https://docs.example/a" })

describe("documentation", () => {
  it("is about trade when it speaks of codes, tariffs or customs", () => {
    const about = [
      "Telephones are classified in subheading 8517.13.",
      "스마트폰의 관세율은 0%이다",
      "제8517호에는 전화기를 분류한다",
      "The HS code of the goods decides the duty.",
      "Rules of origin for electronics",
      "Customs duty on HS 8517",
    ]
    for (const text of about) assert.isTrue(isAboutTrade([saying(text)]), text)
  })

  it("is not about trade because it imports, has headings, or holds numbers", () => {
    const other = [
      "import React from 'react'; version 8517.13",
      "## Heading\n\nUse a heading of level 2 for custom elements.",
      "A custom hook returns 4202.32",
      "스마트폰에서 앱을 내려받는 방법",
    ]
    for (const text of other) assert.isFalse(isAboutTrade([saying(text)]), text)
  })
})

layer(HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer)))("a code that a document names", (it) => {
  it.effect("of an older edition stands for what became of it, and is kept as it was written", () =>
    Effect.gen(function* () {
      const { editions, nomenclature, recognize } = yield* HarmonizedSystem
      const cited = citing(
        recognize("smartphone"),
        nomenclature,
        editions,
      )({
        ...saying("Smartphones were HS 8517.12; tariff line 8471.30 is for laptops. HS 9999.99 is none."),
        library: "/customs/guide",
      })
      assert.deepStrictEqual([...cited.codes], ["851713", "851714", "847130"])
      const [evidence] = evidenceOf([cited])
      assert.deepStrictEqual(evidence?.codes, ["8517.13", "8517.14", "8471.30"])
      assert.deepStrictEqual(evidence?.outdated, [
        { code: "8517.12", edition: "2017", successors: ["8517.13", "8517.14"] },
      ])
      assert.strictEqual(evidence?.library, "/customs/guide")
    }),
  )
})
