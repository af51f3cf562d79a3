/** Composes the live layers and launches them. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Runtime } from "effect"
import { HttpServer } from "effect/http"
import { existsSync } from "node:fs"
import { AnswerModel } from "./answer/AnswerModel.ts"
import { ChatTurn } from "./chat/ChatTurn.ts"
import { Context7 } from "./context7/Context7.ts"
import { DetailPages } from "./detail/DetailPages.ts"
import { EvidenceShelf } from "./detail/EvidenceShelf.ts"
import { RecentQueries } from "./detail/RecentQueries.ts"
import { CodePages } from "./detail/CodePages.ts"
import * as OfficialNames from "./detail/OfficialNames.ts"
import { GoodsSearch } from "./detail/GoodsSearch.ts"
import * as DatabaseProbe from "./history/DatabaseProbe.ts"
import { ChatHistory } from "./history/ChatHistory.ts"
import { HistoryReader } from "./history/HistoryReader.ts"
import { Journal } from "./history/Journal.ts"
import { MemberRecords } from "./history/MemberRecords.ts"
import { HarmonizedSystem } from "./hs/HarmonizedSystem.ts"
import { listenConfig, server } from "./http/HttpServer.ts"
import { Tokens } from "./http/Tokens.ts"
import { ReadDatabase } from "./history/ReadDatabase.ts"
import * as Retention from "./history/Retention.ts"
import * as Unfinished from "./history/Unfinished.ts"
import * as ValidChecks from "./history/ValidChecks.ts"
import * as Database from "./platform/Database.ts"
import * as SharedState from "./platform/SharedState.ts"
import * as ProcessMetrics from "./platform/ProcessMetrics.ts"
import { secretOf } from "./platform/secretOf.ts"
import { StartError, wrongVariable } from "./platform/StartError.ts"
import { TariffSchedules } from "./tariff/TariffSchedules.ts"
import * as Telemetry from "./platform/Telemetry.ts"

if (existsSync(".env")) process.loadEnvFile()

const recentQueries = Layer.unwrap(Effect.map(secretOf("MEMBER_SECRET"), RecentQueries.layerOf))

const history = Layer.mergeAll(
  ChatHistory.layer,
  HistoryReader.layer,
  MemberRecords.layer,
  Retention.layer,
  Unfinished.layer,
  ValidChecks.layer,
).pipe(Layer.provide(Journal.layer), Layer.provide(ReadDatabase.layer))

const stored = Layer.mergeAll(
  history,
  DatabaseProbe.layer,
  TariffSchedules.layer,
  EvidenceShelf.layer,
  recentQueries,
).pipe(Layer.provide(Database.layer))

const rooms = ChatTurn.layer.pipe(
  Layer.provideMerge([DetailPages.layer, GoodsSearch.layer, CodePages.layer, OfficialNames.layer]),
  Layer.provideMerge([
    HarmonizedSystem.layer,
    Context7.layer.pipe(Layer.provideMerge(SharedState.layer)),
    AnswerModel.layer,
    stored,
    Tokens.layer,
  ]),
)

const announce = Layer.effectDiscard(
  HttpServer.addressFormattedWith((url) =>
    Console.log(
      `HS trade chat listens on ${url} (documentation: ${url}/docs)\n\n` +
        `  curl -N ${url}/api/chat -H 'content-type: application/json' -d '{"message":"아이폰 15 프로 수입할 때 HS코드가 뭐야?"}'\n`,
    ),
  ),
)

/** Before the server closes: questions are refused while those that are being answered end. */
const drain = Layer.effectDiscard(Effect.flatMap(ChatTurn, (turns) => Effect.addFinalizer(() => turns.drain)))

const app = Layer.merge(announce, drain).pipe(
  Layer.provide(server),
  Layer.provide(rooms),
  Layer.provide(NodeServices.layer),
  Layer.provide(Layer.merge(Telemetry.layer, ProcessMetrics.layer)),
)

/** One line for whatever keeps the service from starting. */
const explain = (error: Layer.Error<typeof app>) =>
  Effect.gen(function* () {
    switch (error._tag) {
      case "ServeError": {
        const { host, port } = yield* listenConfig
        return yield* new StartError({
          what: `cannot listen on ${host}:${port} (${String(error.cause)})`,
          cure: "set PORT or HOST, or PORT=0 for any free port",
        })
      }
      case "ConfigError":
        return yield* wrongVariable(error)
      case "StartError":
        return yield* error
      default:
        return yield* new StartError({ what: error._tag, cure: error.message })
    }
  })

const main = Layer.launch(app).pipe(
  Effect.catch(explain),
  Effect.tapError((error) => Console.error(`hs-trade-chat: ${error.message}`)),
)

NodeRuntime.runMain(main, {
  disableErrorReporting: true,
  teardown: (exit, done) =>
    Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? done(0) : Runtime.defaultTeardown(exit, done),
})
