/**
 * Task B: prepares the detail page of a message. A sure recognition's buttons go out at once; an unsure one waits for
 * Context7's evidence, and when Context7 fails the local candidates serve as they are.
 */
import { Clock, Config, Context, DateTime, Effect, Layer, Option } from "effect"
import type { Context7Analysis } from "../domain/Analysis.ts"
import type { EventBody, TurnVoice } from "../domain/ChatEvent.ts"
import type { DetailButton } from "../domain/DetailButton.ts"
import type { DetailPageInfo } from "../domain/DetailPageInfo.ts"
import { dotted } from "../domain/HsCode.ts"
import type { Candidate, Recognition } from "../domain/Recognition.ts"
import { Context7 } from "../context7/Context7.ts"
import { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import { buttonsFor, type UrlTemplates } from "./buttons.ts"
import { DetailPageCache } from "./DetailPageCache.ts"
import { Invalidations } from "./Invalidations.ts"
import { context7Analysis, type Findings } from "./evidence.ts"
import { evidenceOf } from "./relevance.ts"
import { settle, sure } from "./settle.ts"
import { context7Failure, nothingDetected } from "./texts.ts"

export interface DetailResult {
  readonly info: DetailPageInfo
  readonly buttons: ReadonlyArray<{ readonly button: DetailButton; readonly generatedAt: string }>
  readonly context7: Context7Analysis | null
  /** Evidence that another turn had asked for served. */
  readonly cacheHit: boolean
  /** Context7 was asked and failed; the local candidates served. */
  readonly fallbackUsed: boolean
  /** Milliseconds. */
  readonly duration: number
}

export class DetailPages extends Context.Service<
  DetailPages,
  {
    readonly context7Enabled: boolean
    /** Degraded while it is left alone because it is ill or refuses. */
    readonly context7State: Effect.Effect<"enabled" | "degraded" | "off">
    /** Prepares the page, saying each event when it is known; never fails. */
    readonly prepare: (recognition: Recognition, voice: TurnVoice) => Effect.Effect<DetailResult>
  }
>()("hs-trade-chat/detail/DetailPages") {
  static readonly layer = Layer.effect(
    DetailPages,
    Effect.gen(function* () {
      const templates = yield* urlTemplates
      const context7 = yield* Context7
      const cache = yield* DetailPageCache
      const { nomenclature } = yield* HarmonizedSystem
      return DetailPages.of({
        context7Enabled: context7.enabled,
        context7State: context7.enabled
          ? Effect.map(context7.refusal, (refusal) => (Option.isSome(refusal) ? "degraded" : "enabled"))
          : Effect.succeed("off"),
        prepare: Effect.fn("DetailPages.prepare")(function* (recognition: Recognition, voice: TurnVoice) {
          const page = yield* openPage(recognition, voice, templates, nomenclature)
          yield* voice.announce("detail_page_preparation")
          const early = settle(recognition.candidates, nomenclature)
          yield* page.start(early === null ? 0 : 3, context7.enabled)
          const isSure = early !== null && early.confidence >= sure
          if (isSure) yield* page.show(early, recognition.candidates)
          if (!context7.enabled || recognition.candidates.length === 0) {
            return yield* page.close(early, nothingFound(recognition))
          }
          if (Option.isNone(yield* context7.refusal)) {
            yield* voice.announce("rag_search_planning")
            yield* voice.announce("rag_search_executing")
          }
          const findings = yield* cache.find(recognition, isSure ? "enrich" : "decide")
          if (findings.snippets.length > 0) yield* voice.announce("data_processing")
          return yield* page.close(settle(findings.candidates, nomenclature), findings)
        }),
      })
    }),
  ).pipe(Layer.provide(DetailPageCache.layer), Layer.provideMerge(Invalidations.layer))
}

const urlTemplates: Config.Config<UrlTemplates> = Config.all({
  HS_CODE: Config.NonEmptyString("DETAIL_URL_HSCODE").pipe(Config.withDefault("/detail/hscode/{hscode}")),
  REGULATION: Config.NonEmptyString("DETAIL_URL_REGULATION").pipe(
    Config.withDefault("/regulation?hscode={hscode}&country={country}"),
  ),
  STATISTICS: Config.NonEmptyString("DETAIL_URL_STATISTICS").pipe(
    Config.withDefault("/statistics?hscode={hscode}&period=latest"),
  ),
})

const nothingFound = ({ candidates }: Recognition): Findings => ({
  candidates,
  snippets: [],
  calls: [],
  cacheHit: false,
  stale: false,
  failure: null,
})

/** What a turn has said of its page so far: buttons go out once, the rest when all is known. */
const openPage = Effect.fnUntraced(function* (
  recognition: Recognition,
  voice: TurnVoice,
  templates: UrlTemplates,
  nomenclature: HarmonizedSystem["Service"]["nomenclature"],
) {
  const started = yield* Clock.currentTimeMillis
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => Math.round(now - started))
  const shown: Array<{ readonly button: DetailButton; readonly generatedAt: string }> = []

  const start = (buttonsCount: number, context7Enabled: boolean) =>
    voice.say({
      eventType: "detail_page_buttons_start",
      type: "start",
      buttonsCount,
      estimatedPreparationTime: context7Enabled && buttonsCount === 0 ? 2000 : 100,
      processingInfo: { context7_enabled: context7Enabled, fallback_available: true, cache_checked: context7Enabled },
      metadata: { buttonsCount },
    })

  const show = Effect.fnUntraced(function* (detected: Candidate, candidates: ReadonlyArray<Candidate>) {
    const generatedAt = DateTime.formatIso(yield* DateTime.now)
    for (const button of buttonsFor(detected, candidates, recognition, nomenclature, templates, yield* elapsed)) {
      shown.push({ button, generatedAt })
      yield* voice.say({ eventType: "detail_page_button_ready", ...button, detailPageButton: button })
    }
  })

  const close = Effect.fnUntraced(function* (detected: Candidate | null, findings: Findings) {
    const { candidates, calls, cacheHit, snippets, stale } = findings
    const failure = findings.failure?._tag === "Context7BudgetSpent" ? null : findings.failure
    const sayError = (error: Omit<EventBody<"detail_page_buttons_error">, "eventType" | "partialResults">) =>
      voice.say({
        eventType: "detail_page_buttons_error",
        ...error,
        partialResults: {
          buttonsGenerated: shown.length,
          hscode_detected: detected && dotted(detected.code),
          confidence_score: detected?.confidence ?? 0,
        },
      })
    if (failure !== null) yield* sayError(context7Failure(failure, recognition.language))
    if (detected === null && shown.length === 0) yield* sayError(nothingDetected(recognition))
    if (detected !== null && shown.length === 0) yield* show(detected, candidates)
    const duration = yield* elapsed
    const latency = calls.reduce((sum, call) => sum + call.duration_ms, 0)
    yield* voice.say({
      eventType: "detail_page_buttons_complete",
      type: "complete",
      totalPreparationTime: duration,
      buttonsGenerated: shown.length,
      summary: {
        hscode_detected: detected && dotted(detected.code),
        confidence_score: detected?.confidence ?? 0,
        analysis_source: detected?.source ?? "none",
        fallback_used: failure !== null,
        cache_hit: cacheHit,
        cache_stale: stale,
      },
      performance: {
        context7_calls: calls.length,
        context7_latency_ms: latency,
        database_queries: 0,
        total_processing_time: duration,
      },
      metadata: { totalPreparationTime: duration },
    })
    return {
      info: {
        detected,
        candidates,
        productName: recognition.productName,
        supersedes: recognition.supersedes,
        evidence: evidenceOf(snippets),
      },
      buttons: shown,
      cacheHit,
      context7: context7Analysis(findings, detected?.confidence ?? 0),
      fallbackUsed: failure !== null,
      duration,
    } satisfies DetailResult
  })

  return { start, show, close }
})
