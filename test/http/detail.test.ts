import { assert, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { fileURLToPath } from "node:url"
import type { SearchResult } from "../../src/domain/Search.ts"
import { TariffImport } from "../../src/tariff/TariffImport.ts"
import { baseUrl, service } from "./TestService.ts"

const get = (path: string, headers: Record<string, string> = {}) =>
  Effect.flatMap(baseUrl, (url) =>
    Effect.promise(async () => {
      const response = await fetch(`${url}/api/detail/hscode/${path}`, { headers })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) }
    }),
  )

const load = (name: string, effective: string) =>
  Effect.flatMap(TariffImport, ({ importFile }) =>
    importFile({
      file: fileURLToPath(new URL(`../tariff/fixtures/${name}`, import.meta.url)),
      effective,
      skipBad: false,
      dryRun: false,
      onProgress: () => {},
    }),
  )

/** Until the instance has heard of the last import. */
const heard = <A>(read: Effect.Effect<A, never, any>, whenTrue: (value: A) => boolean) =>
  read.pipe(
    Effect.flatMap((value) => (whenTrue(value) ? Effect.succeed(value) : Effect.fail("not yet"))),
    Effect.retry(Schedule.forever),
    Effect.orDie,
  )

const ask = (message: string) =>
  Effect.flatMap(baseUrl, (url) =>
    Effect.promise(async () => {
      const headers = { "content-type": "application/json" }
      const response = await fetch(`${url}/api/chat`, { method: "POST", headers, body: JSON.stringify({ message }) })
      const complete = (await response.text())
        .split("\n\n")
        .find((block) => block.includes("event: main_message_complete"))
      return JSON.parse(/^data: (.*)$/m.exec(complete ?? "")?.[1] ?? "{}").fullContent as string
    }),
  )

const search = (query: string): Effect.Effect<SearchResult, never, any> =>
  Effect.flatMap(baseUrl, (url) =>
    Effect.promise(
      async () => (await fetch(`${url}/api/hs/search?q=${encodeURIComponent(query)}`)).json() as Promise<SearchResult>,
    ),
  )

layer(service, { excludeTestServices: true })("the detail page", (it) => {
  it.effect("shows a code's place, neighbours and what it was in the other edition", () =>
    Effect.gen(function* () {
      const { status, body } = yield* get("8517.13?lang=en")
      assert.strictEqual(status, 200)
      assert.strictEqual(body.kind, "code")
      assert.strictEqual(body.section.number, "XVI")
      assert.deepStrictEqual(
        body.chain.map(({ hscode }: { hscode: string }) => hscode),
        ["85", "8517", "8517.13"],
      )
      assert.include(
        body.siblings.map(({ hscode }: { hscode: string }) => hscode),
        "8517.14",
      )
      assert.isNotNull(body.siblings[0].tell)
      assert.deepStrictEqual(body.editions, [{ edition: "2017", change: "split", codes: ["8517.12"] }])
      assert.isAbove(body.relatedSearches.length, 3)
      assert.match(body.title, /^HS 8517\.13 /)
      assert.isTrue(body.confusedWith.every(({ hscode }: { hscode: string }) => !hscode.startsWith("8517")))
      const { body: unchanged } = yield* get("0901.21")
      assert.deepStrictEqual(unchanged.editions, [{ edition: "2017", change: "none", codes: ["0901.21"] }])
      const { body: chapter } = yield* get("09")
      assert.include(
        chapter.children.map(({ hscode }: { hscode: string }) => hscode),
        "0901",
      )
    }),
  )

  it.effect("leads a code of HS 2017 to its successors", () =>
    Effect.gen(function* () {
      for (const path of ["8517.12", "851712?edition=2017", "8517.12.0000"]) {
        const { status, body } = yield* get(path)
        assert.strictEqual(status, 200)
        assert.deepStrictEqual([body.kind, body.edition, body.change], ["superseded", "2017", "split"])
        assert.deepStrictEqual(
          body.successors.map(({ hscode }: { hscode: string }) => hscode),
          ["8517.13", "8517.14"],
        )
      }
    }),
  )

  it.effect("tells a renumbered, a merged and a gathered code of the other edition", () =>
    Effect.gen(function* () {
      for (const [path, change, codes] of [
        ["0309.10", "renumbered", ["0305.10"]],
        ["8524.11", "merged", []],
        ["2404.19", "merged", ["2403.99", "3824.99"]],
      ] as const) {
        assert.deepStrictEqual((yield* get(path)).body.editions, [{ edition: "2017", change, codes }], path)
      }
      assert.strictEqual((yield* get("0305.10")).body.change, "renumbered")
      assert.deepStrictEqual((yield* get("8517")).body.editions, [])
    }),
  )

  it.effect("puts two codes side by side with what separates them", () =>
    Effect.gen(function* () {
      const { status, body, headers } = yield* get("8517.13/compare?with=851714&lang=en")
      assert.strictEqual(status, 200)
      assert.isNotNull(headers.get("etag"))
      assert.strictEqual(body.common.hscode, "8517")
      assert.isString(body.distinction.text.en)
      assert.deepStrictEqual(
        body.pages.map(({ hscode }: { hscode: string }) => hscode),
        ["8517.13", "8517.14"],
      )
      const same = yield* get("8517.13/compare?with=8517.13")
      assert.isNull(same.body.distinction)
      assert.isNull((yield* get("8517.13/compare?with=0901.21")).body.common)
      assert.strictEqual((yield* get("8517.13/compare?with=x")).body.code, "HSCODE_001")
      assert.strictEqual((yield* get("8517.13/compare?with=8517.12")).body.code, "HSCODE_002")
      assert.strictEqual((yield* get("8517.13/compare")).status, 400)
    }),
  )

  it.effect("says what is wrong with a code", () =>
    Effect.gen(function* () {
      for (const [path, status, code] of [
        ["85a7", 400, "HSCODE_001"],
        ["851", 400, "HSCODE_001"],
        ["851713000000", 400, "HSCODE_001"],
        ["8517.99", 404, "HSCODE_002"],
        ["8517.13?edition=2017", 404, "HSCODE_002"],
        ["8517.13.0000", 404, "HSCODE_003"],
        ["8517.13?asOf=2026-13-01", 400, "HTTP_400"],
        ["8517.13?asOf=2026-02-30", 400, "HTTP_400"],
        ["8517.13?country=JP", 400, "HTTP_400"],
      ] as const) {
        const answer = yield* get(path)
        assert.deepStrictEqual([answer.status, answer.body.code], [status, code], path)
        assert.include(answer.headers.get("content-type"), "application/problem+json")
      }
      assert.deepStrictEqual((yield* get("8517.99")).body.existing, ["8517"])
      assert.deepStrictEqual((yield* get("9999.99")).body.existing, [])
      assert.strictEqual((yield* get("8517.13", { "if-modified-since": "yesterday" })).status, 200)
    }),
  )

  it.effect("is answered from what a browser has already, until it changes", () =>
    Effect.gen(function* () {
      const first = yield* get("9101.11")
      const etag = first.headers.get("etag") ?? ""
      assert.match(first.headers.get("cache-control") ?? "", /public/)
      const again = yield* get("9101.11", { "if-none-match": etag })
      assert.deepStrictEqual([again.status, again.body], [304, null])
      const since = yield* get("9101.11", { "if-modified-since": first.headers.get("last-modified") ?? "" })
      assert.strictEqual(since.status, 304)
      assert.strictEqual((yield* get("9101.11", { "if-none-match": '"other"' })).status, 200)
      yield* load("united-states.csv", "2020-01-01")
      yield* heard(get("9101.11", { "if-none-match": etag }), ({ status }) => status === 200)
    }),
  )

  it.effect("shows the national lines and rates that hold on a day, without a restart after an import", () =>
    Effect.gen(function* () {
      yield* load("united-states.csv", "2020-01-01")
      yield* load("korea-codes.csv", "2024-01-01")
      yield* load("korea-names.xlsx", "2025-01-01")
      const { body } = yield* heard(get("8517.13"), ({ body }) => body.national.length === 2)
      assert.deepStrictEqual(
        body.national.map(({ country, source, validFrom, lines }: any) => [country, source, validFrom, lines[0].code]),
        [
          ["KR", "관세청_HS부호", "2024-01-01", "8517.13-0000"],
          ["KR", "관세청_HS부호 단위별 품목명", "2025-01-01", "8517.13-0000"],
        ],
      )
      const line = yield* get("8517130000?country=KR")
      assert.strictEqual(line.body.national[0].lines[0].names.ko, "똑똑한 전화기")
      const watches = yield* get("9101.11?country=US")
      const [schedule] = watches.body.national
      assert.deepStrictEqual(
        schedule.lines.map(({ code, depth }: any) => [code, depth]),
        [
          [null, 0],
          ["9101.11", 1],
          ["9101.11.40", 2],
          ["9101.11.40.10", 3],
          ["9101.11.40.20", 3],
          ["9101.11.80", 2],
        ],
      )
      assert.strictEqual(schedule.lines[3].rates.inheritedFrom, "91011140")
      assert.deepStrictEqual(schedule.lines[2].rates.general[0].duties[1], {
        kind: "adValorem",
        percent: 6.25,
        of: "case",
      })
      assert.strictEqual((yield* get("9101.11.40.10?country=KR")).body.code, "HSCODE_003")
      assert.include((yield* get("9101.11.99.99")).body.existing, "9101.11.40.10")
      assert.strictEqual((yield* get("9101.11?asOf=2019-12-31")).body.national.length, 0)
      yield* load("korea-names.xlsx", "2099-01-01")
      const later = yield* heard(get("8517.13"), ({ body }) => body.national[1].validTo !== null)
      assert.strictEqual(later.body.national[1].validTo, "2098-12-31")
    }),
  )

  it.effect("lets answers cite the imported lines, and the search find goods by their official names", () =>
    Effect.gen(function* () {
      yield* load("korea-codes.csv", "2024-01-01")
      yield* load("united-states.csv", "2024-01-01")
      const known = yield* heard(ask("8517.13.0000 관세율"), (answer) => answer.includes("국가별 세번"))
      assert.include(known, "KR **8517.13-0000** 똑똑한 전화기 (관세청_HS부호, 2024-01-01부터)")
      assert.include(yield* ask("8517.13.9999 관세율"), "**8517.13.9999**: 가져온 국가별 세율표에 없는 세번")
      const rate = yield* ask("duty rate of 9101.11.40.10")
      assert.include(rate, "US **9101.11.40.10** Made in a village, general rate **51¢ each + 6.25% on the case**")
      assert.include(yield* ask("8517.14 관세율"), "위성 전화기")
      const found = yield* heard(search("showing hands only"), ({ candidates }) => candidates[0]?.hscode === "9101.11")
      assert.isAbove(found.candidates[0]?.confidence ?? 0, 0)
    }),
  )
})
