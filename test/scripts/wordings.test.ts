import { assert, describe, it } from "@effect/vitest"
import { parseWordings } from "../../scripts/training/wordings.ts"

describe("a file of wordings", () => {
  const read = (text: string) => parseWordings(text, (code) => code.startsWith("8450"))

  it("is read code by code", () => {
    assert.deepStrictEqual(read("# washing\n@8450.11\n빨래를 돌리는 기계\n\n@8450\nwashes, rinses and spins\n"), {
      wordings: [
        { code: "845011", text: "빨래를 돌리는 기계" },
        { code: "8450", text: "washes, rinses and spins" },
      ],
      faults: [],
    })
  })

  it("names the line that is none", () => {
    assert.deepStrictEqual(
      read("lost\n@84\nx\n@8451\n").faults.map(({ line, problem }) => `${line}: ${problem}`),
      [
        "1: a wording before any code",
        "2: a code is `@9999` or `@9999.99`",
        "3: a wording before any code",
        "4: there is no 8451",
      ],
    )
  })
})
