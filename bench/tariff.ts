/**
 * How fast a schedule is imported and a detail page is answered: `npm run bench -- tariff [ROWS]`. The file is made up in the
 * layout of the United States' schedule, so that anybody can run it; `BENCH_FILE` names another.
 */
import { NodeHttpServer, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Path, Redacted, Schedule } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { PgClient } from "@effect/sql-pg"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { CodePages } from "../src/detail/CodePages.ts"
import { EvidenceShelf } from "../src/detail/EvidenceShelf.ts"
import { DetailPage } from "../src/domain/DetailPage.ts"
import { HsCode } from "../src/domain/HsCode.ts"
import { HarmonizedSystem } from "../src/hs/HarmonizedSystem.ts"
import { representations } from "../src/http/cacheable.ts"
import { migrate } from "../src/platform/Database.ts"
import { EmbeddedPostgres } from "../src/platform/EmbeddedPostgres.ts"
import { readTable } from "../src/tariff/Table.ts"
import { TariffSchedules } from "../src/tariff/TariffSchedules.ts"
import { Schema, Stream } from "effect"

const rows = Number(process.argv[2] ?? 35_000)
const perSecond = 200
const seconds = 5

const header =
  "HTS Number,Indent,Description,Unit of Quantity,General Rate of Duty,Special Rate of Duty,Column 2 Rate of Duty,Quota Quantity,Additional Duties\n"

/** Eight- and ten-digit lines below the subheadings that exist, then, for more rows, below numbers that do not. */
const writeSchedule = async (file: string, subheadings: ReadonlyArray<string>) => {
  const out = createWriteStream(file)
  out.write(header)
  for (let n = 0; n < rows; n++) {
    const block = Math.floor(n / 7)
    const heading = subheadings[block] ?? String(100_000 + (block % 899_999))
    const base = `${heading.slice(0, 4)}.${heading.slice(4)}`
    const generation = 10 + (block < subheadings.length ? 0 : 1 + Math.floor(block / 899_999))
    const number = n % 7 === 0 ? `${base}.${generation}` : `${base}.${generation}.${(n % 7) * 10}`
    const rates = n % 7 === 0 ? `4.4¢/kg + ${n % 50}%,"Free (A,AU,KR) 2.1% (JP)",25%,,` : ",,,,"
    const line = `${number},${n % 7 === 0 ? 2 : 3},"Articles of kind ${n}, not elsewhere named","[""No."",""kg""]",${rates}\n`
    if (!out.write(line)) await once(out, "drain")
  }
  out.end()
  await once(out, "close")
}

/** Runs the importer as its users do; milliseconds and the most memory it held. */
const runImport = async (file: string, url: string) => {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [
      "--max-semi-space-size=8",
      "--max-old-space-size=56",
      fileURLToPath(new URL("../scripts/import.ts", import.meta.url)),
      file,
      "--effective",
      "2026-01-01",
    ],
    { env: { ...process.env, DATABASE_URL: url }, stdio: "inherit" },
  )
  let peak = 0
  const watch = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, "utf8").then(
      (text) => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0))),
      () => undefined,
    )
  }, 20)
  await once(child, "exit")
  clearInterval(watch)
  return { took: performance.now() - started, peak: peak * 1024 }
}

const percentile = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0

/** Milliseconds of each request, sent at a steady rate whatever the answers take. */
const load = (urls: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    let next = 0
    const one = Effect.promise(async () => {
      const started = performance.now()
      const response = await fetch(urls[next++ % urls.length]!)
      await response.arrayBuffer()
      times.push(performance.now() - started)
    })
    yield* Effect.forkChild(one).pipe(
      Effect.repeat(Schedule.fixed(1000 / perSecond).pipe(Schedule.upTo({ times: perSecond * seconds - 1 }))),
    )
    yield* Effect.sleep("500 millis")
    return times
  })

const milliseconds = (value: number): string => `${value.toFixed(2)} ms`

const bench = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { url } = yield* EmbeddedPostgres
  const { nomenclature } = yield* HarmonizedSystem
  const file = process.env["BENCH_FILE"] ?? path.join(yield* fs.makeTempDirectoryScoped(), "schedule.csv")
  const chapters = Array.from({ length: 97 }, (_, n) => String(n + 1).padStart(2, "0"))
  const below = (code: string): ReadonlyArray<string> =>
    code.length === 6 ? [code] : (nomenclature.get(code)?.children ?? []).flatMap(below)
  const subheadings = chapters.flatMap(below)
  if (process.env["BENCH_FILE"] === undefined) yield* Effect.promise(() => writeSchedule(file, subheadings))
  const { size } = yield* fs.stat(file)
  const started = performance.now()
  const read = yield* Stream.runCount(readTable(file))
  const reading = performance.now() - started
  const imported = yield* Effect.promise(() => runImport(file, Redacted.value(url)))
  yield* Console.log(
    [
      `import of ${read.toLocaleString("en-US")} rows, ${(Number(size) / 1e6).toFixed(1)} MB: ${(imported.took / 1000).toFixed(1)} s, at most ${(imported.peak / 1e6).toFixed(0)} MB`,
      `baseline (reading the rows alone): ${(reading / 1000).toFixed(1)} s; ratio ${(imported.took / reading).toFixed(1)}`,
    ].join("\n"),
  )

  const base = HttpServer.formatAddress((yield* HttpServer.HttpServer).address).replace("0.0.0.0", "127.0.0.1")
  const pages = subheadings.slice(0, perSecond * seconds).map((code) => `${base}/pages/${code}`)
  const plain = yield* load([`${base}/plain`])
  const cold = yield* load(pages)
  const warm = yield* load(pages)
  for (const [name, times] of [
    ["plain answer (baseline)", plain],
    ["page, cold", cold],
    ["page, warm", warm],
  ] as const) {
    yield* Console.log(
      `${name}, ${perSecond} a second: median ${milliseconds(percentile(times, 0.5))}, p95 ${milliseconds(percentile(times, 0.95))}`,
    )
  }
  yield* Console.log(
    `ratio of the warm page to the plain answer, p95: ${(percentile(warm, 0.95) / percentile(plain, 0.95)).toFixed(1)}`,
  )
}).pipe(Effect.scoped)

const represent = representations(Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(DetailPage))))

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/plain", Effect.succeed(HttpServerResponse.text("ok"))),
  HttpRouter.add(
    "GET",
    "/pages/:code",
    Effect.gen(function* () {
      const { code = "" } = yield* HttpRouter.params
      const { page } = yield* CodePages
      const found = yield* page({
        code: HsCode.make(code),
        country: null,
        edition: null,
        language: "en",
        asOf: "2026-06-01",
      })
      return HttpServerResponse.text(represent(found).body, { contentType: "application/json" })
    }).pipe(Effect.orDie),
  ),
)

const database = Layer.unwrap(
  Effect.map(EmbeddedPostgres, ({ url }) =>
    Layer.effectDiscard(migrate).pipe(Layer.provideMerge(PgClient.layer({ url, maxConnections: 10 }))),
  ),
)

const server = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return EmbeddedPostgres.layer(yield* fs.makeTempDirectoryScoped())
  }),
)

const rooms = CodePages.layer.pipe(
  Layer.provideMerge([HarmonizedSystem.layer, TariffSchedules.layer, EvidenceShelf.layer]),
  Layer.provideMerge(database),
  Layer.provideMerge(server),
  Layer.provideMerge(NodeServices.layer),
)

NodeRuntime.runMain(
  bench.pipe(
    Effect.provide(
      HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0 })),
        Layer.provideMerge(rooms),
      ),
    ),
  ),
)
