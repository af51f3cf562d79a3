/** The HTTP edge of the service on a port of its own, over rooms without a database and without Context7. */
import { NodeHttpServer, NodeServices } from "@effect/platform-node"
import { ConfigProvider, Effect, Layer, Stream } from "effect"
import { CodePages } from "../../src/detail/CodePages.ts"
import { GoodsSearch } from "../../src/detail/GoodsSearch.ts"
import type { SessionPage } from "../../src/domain/History.ts"
import type { ChatHistory } from "../../src/history/ChatHistory.ts"
import { HistoryReader } from "../../src/history/HistoryReader.ts"
import { MemberRecords } from "../../src/history/MemberRecords.ts"
import { api } from "../../src/http/HttpServer.ts"
import { Tokens } from "../../src/http/Tokens.ts"
import * as SharedState from "../../src/platform/SharedState.ts"
import { chatTurn, historyInMemory, modelSaying } from "../chat/TestRooms.ts"
import { baseUrl } from "./TestService.ts"

export const secret = "0123456789abcdef0123456789abcdef"

const nothing: SessionPage = {
  sessions: [],
  pagination: {
    page: 1,
    size: 20,
    totalElements: 0,
    totalPages: 0,
    hasNext: false,
    hasPrevious: false,
    nextCursor: null,
  },
  summary: { totalSessions: 0, totalMessages: 0, firstSessionAt: null, lastSessionAt: null },
}

/** Members of whom nothing was recorded. */
const recordsEmpty = Layer.mergeAll(
  Layer.succeed(HistoryReader, {
    list: () => Effect.succeed(nothing),
    search: () => Effect.die("not asked for"),
    session: () => Effect.die("not asked for"),
  }),
  Layer.succeed(MemberRecords, {
    export: () => Stream.die("not asked for"),
    eraseAll: () => Effect.die("not asked for"),
    eraseSession: () => Effect.die("not asked for"),
  }),
)

/** With these variables and no others; tokens are signed with `secret` unless a key set is named. */
export const edge = (
  variables: Record<string, string> = {},
  history: Layer.Layer<ChatHistory> = historyInMemory(),
  turns = chatTurn(modelSaying("an answer"), history),
) =>
  api.pipe(
    Layer.provideMerge(NodeHttpServer.layerTest),
    Layer.provideMerge([CodePages.layer, GoodsSearch.layer, recordsEmpty]),
    Layer.provideMerge([turns, Tokens.layer, SharedState.layer]),
    Layer.provide(
      ConfigProvider.layer(
        ConfigProvider.fromEnvRecord("JWT_JWKS_URL" in variables ? variables : { JWT_SECRET: secret, ...variables }),
      ),
    ),
    Layer.provide(NodeServices.layer),
  )

export const request = (path: string, init: RequestInit = {}) =>
  Effect.flatMap(baseUrl, (base) => Effect.promise(() => fetch(`${base}${path}`, init)))

/** A question, answered or refused; the answer is read to its end. */
export const ask = (headers: Record<string, string> = {}) =>
  request("/api/chat", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ message: "8517.13" }),
  }).pipe(
    Effect.flatMap((response) =>
      Effect.map(
        Effect.promise(() => response.text()),
        (text) => ({ status: response.status, headers: response.headers, text }),
      ),
    ),
  )

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export const tokenFor = (user: string) => Effect.flatMap(Tokens, (tokens) => tokens.issue(user))
