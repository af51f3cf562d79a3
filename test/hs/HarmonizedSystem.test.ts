import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import fc from "fast-check"
import { readFileSync } from "node:fs"
import { dotted } from "../../src/domain/HsCode.ts"
import { HarmonizedSystem } from "../../src/hs/HarmonizedSystem.ts"
import { clarify } from "../../src/hs/clarify.ts"

const everyday = readFileSync(new URL("everyday.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split("\t"))

layer(HarmonizedSystem.layer.pipe(Layer.provide(NodeServices.layer)))("the Harmonized System", (it) => {
  it.effect("holds every chapter, heading and subheading of HS 2022", () =>
    Effect.map(HarmonizedSystem, ({ nomenclature }) => {
      assert.deepStrictEqual(nomenclature.size, { chapters: 96, headings: 1228, subheadings: 5612 })
    }),
  )

  it.effect("leads every older code to codes that exist", () =>
    Effect.map(HarmonizedSystem, ({ nomenclature, editions }) => {
      const older =
        readFileSync(new URL("../../src/hs/editions/2017-to-2022.txt", import.meta.url), "utf8").match(
          /^\d{4}\.\d{2}/gm,
        ) ?? []
      assert.isAbove(older.length, 100)
      for (const code of older) {
        assert.isUndefined(nomenclature.get(code.replace(".", "")), code)
        for (const successor of editions.successors(code.replace(".", "")))
          assert.isDefined(nomenclature.get(successor), `${code} → ${successor}`)
      }
    }),
  )

  const named: ReadonlyArray<[string, string]> = [
    ["아이폰 15 프로 수입할 때 HS코드가 뭐야?", "8517"],
    ["차량용 휴대폰 거치대", "3926 8517 8708 7326"],
    ["what is the HS code for a women's leather wallet?", "4202"],
    ["볶은 커피 원두 관세율 알려줘", "0901"],
    ["wired headphones", "8518"],
    ["남성용 면 티셔츠", "6109"],
    ["노트북 컴퓨터", "8471"],
    ["냉동 새우", "0306"],
    ["김치", "2005"],
    ["laptop stand aluminium", "7616 8473 7615"],
  ]
  it.effect.each(named)("finds %s", ([query, headings]) =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      assert.include(headings.split(" "), recognize(query).candidates[0]?.code.slice(0, 4))
    }),
  )

  it.effect("follows a code of HS 2017 to its successors, the usual one first", () =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      const found = recognize("8517.12.00 관세율")
      assert.deepStrictEqual(
        found.candidates.map(({ code }) => dotted(code)),
        ["8517.13", "8517.14"],
      )
      assert.strictEqual(found.supersedes, "851712")
      assert.strictEqual(found.candidates[0]?.source, "pattern")
    }),
  )

  it.effect("says that a code exists in no edition, and takes several codes of one message", () =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      assert.deepStrictEqual(recognize("HS 9999.99").unknown, ["9999.99"])
      assert.deepStrictEqual(
        recognize("8517.13과 8471.30 비교").candidates.map(({ code }) => dotted(code)),
        ["8517.13", "8471.30"],
      )
      assert.strictEqual(recognize("제8517호").candidates[0]?.code, "8517")
    }),
  )

  it.effect("knows when it does not know", () =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      for (const query of ["zxqv", "ㅋㅋㅋㅋ", "쿠트벨라 3", "안녕하세요"])
        assert.isBelow(recognize(query).candidates[0]?.confidence ?? 0, 0.5, query)
    }),
  )

  it.effect("finds the everyday good in whatever words, nine times in ten", () =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      assert.isAtLeast(everyday.length, 400)
      const share = (column: number) =>
        everyday.filter((fields) => recognize(fields[column] ?? "").candidates[0]?.code.slice(0, 4) === fields[3])
          .length / everyday.length
      assert.isAtLeast(share(0), 0.95, "Korean")
      assert.isAtLeast(share(1), 0.95, "English")
      assert.isAtLeast(share(2), 0.8, "reworded")
    }),
  )

  it.effect("takes a name of an imported schedule for its line, and forgets it with the schedule", () =>
    Effect.map(HarmonizedSystem, ({ learn, recognize }) => {
      const first = (message: string) => recognize(message).candidates[0]
      const before = first("달빛 먹은 항아리 조각")
      learn([
        { code: "691200", text: "달빛 먹은 항아리 조각" },
        { code: "691490", text: "달빛 먹은 항아리 조각" },
        ...["010121", "010129", "010130", "010190", "010221", "010229"].map((code) => ({ code, text: "남자용의 것" })),
      ])
      const both = recognize("달빛 먹은 항아리조각 HS코드").candidates
      assert.deepStrictEqual(
        both
          .slice(0, 2)
          .map(({ code }) => dotted(code))
          .sort(),
        ["6912.00", "6914.90"],
      )
      assert.isAtLeast(both[0]?.confidence ?? 0, 0.45)
      assert.isBelow(first("남자용의 것")?.confidence ?? 0, 0.5)
      learn([])
      assert.deepStrictEqual(first("달빛 먹은 항아리 조각"), before)
    }),
  )

  it.effect("takes anything without throwing, with confidences that add up to 1 at most", () =>
    Effect.map(HarmonizedSystem, ({ recognize }) => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string({ maxLength: 1000 }),
            fc.string({ unit: "binary", maxLength: 300 }),
            fc.constantFrom(
              "🙂".repeat(500),
              "<b>".repeat(300),
              "가".repeat(1000),
              "constructor",
              "__proto__ toString",
            ),
          ),
          (message) => {
            const { candidates } = recognize(message)
            if (candidates.every(({ source }) => source !== "pattern")) {
              assert.isAtMost(
                candidates.reduce((sum, { confidence }) => sum + confidence, 0),
                1.01,
              )
            }
            assert.strictEqual(new Set(candidates.map(({ code }) => code)).size, candidates.length)
          },
        ),
        { numRuns: 300 },
      )
    }),
  )

  it.effect("asks one question whose every answer leads where it says", () =>
    Effect.map(HarmonizedSystem, ({ recognize, nomenclature }) => {
      const asked = everyday.flatMap((fields) => {
        const recognition = recognize(fields[2] ?? "")
        const question = clarify(recognition, nomenclature, recognize)
        return question ? [question] : []
      })
      assert.isAbove(asked.length, 0)
      for (const { options } of asked) {
        assert.isAtLeast(options.length, 3)
        assert.isAtMost(options.length, 5)
        assert.isNull(options.at(-1)?.refinement)
        for (const { refinement, codes } of options.slice(0, -1)) {
          assert.include(codes, dotted(recognize(refinement ?? "").candidates[0]?.code ?? ""))
        }
      }
    }),
  )
})
