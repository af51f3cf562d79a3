/** The whole service in this process on a port of its own: real PostgreSQL, real Context7 server, real HTTP. */
import { NodeHttpServer, NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, FileSystem, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { AnswerModel } from "../../src/answer/AnswerModel.ts"
import { ChatTurn } from "../../src/chat/ChatTurn.ts"
import { DetailPages } from "../../src/detail/DetailPages.ts"
import { EvidenceShelf } from "../../src/detail/EvidenceShelf.ts"
import { RecentQueries } from "../../src/detail/RecentQueries.ts"
import { CodePages } from "../../src/detail/CodePages.ts"
import * as OfficialNames from "../../src/detail/OfficialNames.ts"
import { GoodsSearch } from "../../src/detail/GoodsSearch.ts"
import { api } from "../../src/http/HttpServer.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import * as SharedState from "../../src/platform/SharedState.ts"
import { TariffImport } from "../../src/tariff/TariffImport.ts"
import { TariffSchedules } from "../../src/tariff/TariffSchedules.ts"
import { harmonizedSystem } from "../chat/TestRooms.ts"
import { context7Http } from "../context7/Context7Server.ts"
import { history } from "../history/rooms.ts"
import { migratedDatabase } from "../platform/TestDatabase.ts"

const variables = (record: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromEnvRecord(record))

const tokens = Layer.unwrap(
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const DATA_DIR = yield* fs.makeTempDirectoryScoped()
    return Tokens.layer.pipe(Layer.provide(variables({ DATA_DIR })))
  }),
).pipe(Layer.provide(NodeServices.layer))

const recentQueries = RecentQueries.layerOf(Redacted.make("a secret of this test"))
/** Tests ask more in a minute than people do. */
const unlimited = { RATE_LIMIT_GUEST: "off", RATE_LIMIT_MEMBER: "off" }

const rooms = ChatTurn.layer.pipe(
  Layer.provideMerge([DetailPages.layer, GoodsSearch.layer, CodePages.layer, OfficialNames.layer]),
  Layer.provideMerge([harmonizedSystem, context7Http, AnswerModel.layerGrounded, tokens]),
  Layer.provideMerge([history, TariffSchedules.layer, TariffImport.layer, EvidenceShelf.layer, recentQueries]),
  Layer.provideMerge([SharedState.layer.pipe(Layer.provide(variables({}))), migratedDatabase]),
)

/** With these variables of the HTTP edge. */
export const serviceWith = (edge: Record<string, string>) =>
  api.pipe(
    Layer.provide(variables({ ...unlimited, ...edge })),
    Layer.provideMerge(NodeHttpServer.layerTest),
    Layer.provideMerge(rooms),
  )

export const service = serviceWith({})

/** The same with the trade filter switched on. */
export const filteringService = service.pipe(
  Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ TRADE_FILTER: "on" }))),
)

export const baseUrl = Effect.map(HttpServer.HttpServer, ({ address }) =>
  HttpServer.formatAddress(address).replace("0.0.0.0", "127.0.0.1"),
)
