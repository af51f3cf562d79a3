/** Begins a turn: what the message is about, what is known of it, and the first events. */
import { Clock, Deferred, Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import type { Grounding, PlacedCandidate, Standing } from "../domain/Grounding.ts"
import type { Candidate } from "../domain/Recognition.ts"
import { SessionId, type TurnId } from "../domain/Turn.ts"
import type { DetailResult } from "../detail/DetailPages.ts"
import { cite } from "../detail/citations.ts"
import { settle } from "../detail/settle.ts"
import type { ChatHistory, OpenQuestion } from "../history/ChatHistory.ts"
import { placeOf } from "../hs/Editions.ts"
import type { HarmonizedSystem } from "../hs/HarmonizedSystem.ts"
import type { TariffSchedules } from "../tariff/TariffSchedules.ts"
import { detectIntent } from "./detectIntent.ts"
import { sessionNote } from "./narration.ts"
import { type Ending, foundBy, makeVoice, type TurnContext, type TurnRequest } from "./TurnContext.ts"
import type { TurnLog } from "./TurnLog.ts"

const shortAnswer = 40
const knownByItself = 0.5

/** What a message asks about when it may answer the question that the session's last turn asked back. */
const refine = (message: string, { product, question }: OpenQuestion, hs: HarmonizedSystem["Service"]): string => {
  const said = message.trim().toLowerCase()
  const option = question.options.find(
    ({ label }) => said.includes(label.toLowerCase()) || label.toLowerCase().includes(said),
  )
  if (option) return option.refinement ?? product
  const byItself = hs.recognize(message).candidates[0]?.confidence ?? 0
  return message.length <= shortAnswer && byItself < knownByItself ? `${message} ${product}` : message
}

/** What the request is about; fails when its session is somebody else's. */
export const subjectOf = Effect.fnUntraced(function* (
  { caller, message, sessionId }: TurnRequest,
  history: ChatHistory["Service"],
  hs: HarmonizedSystem["Service"],
) {
  if (caller._tag === "Guest" || sessionId === null) return message
  // Whose session it is, is asked again when the question is recorded; until it is known nothing is read from it.
  const isTheirs = yield* history.authorize(caller.userId, sessionId).pipe(
    Effect.as(true),
    Effect.catchTag("HistoryUnavailable", ({ reason }) =>
      Effect.as(Effect.logWarning("session not checked", { reason }), false),
    ),
  )
  if (!isTheirs) return message
  const open = yield* Effect.orElseSucceed(history.openQuestion(sessionId), () => Option.none())
  return Option.isSome(open) ? refine(message, open.value, hs) : message
})

const turnsRemembered = 10

/** An answer that does not know what was said before is better than none. */
const remembered = ({ caller, sessionId }: TurnRequest, history: ChatHistory["Service"]): Pick<Grounding, "history"> =>
  caller._tag === "Guest" || sessionId === null
    ? {}
    : {
        history: history
          .recentMessages(caller.userId, sessionId, turnsRemembered)
          .pipe(Effect.catch((error) => Effect.as(Effect.logWarning("no earlier messages read", error._tag), []))),
      }

const standingIn =
  ({ nomenclature, editions }: HarmonizedSystem["Service"]) =>
  (digits: string): Standing => {
    const place = placeOf(digits, nomenclature, editions)
    if (place === null) return "unknown"
    return place.edition === "2022" ? "current" : { successors: place.successors }
  }

interface OpenedWith {
  readonly history: ChatHistory["Service"]
  readonly hs: HarmonizedSystem["Service"]
  readonly schedules: TariffSchedules["Service"]
}

export const openTurn = Effect.fnUntraced(function* (
  request: TurnRequest,
  subject: string,
  { history, hs, schedules }: OpenedWith,
  log: TurnLog,
  turnId: TurnId,
) {
  const started = yield* Clock.currentTimeMillis
  const recognized = hs.recognize(subject)
  const recognition = request.language === null ? recognized : { ...recognized, language: request.language }
  const detail = yield* Deferred.make<DetailResult | null>()
  const best = recognition.candidates[0]
  const placed = (candidate: Candidate): PlacedCandidate => ({
    ...candidate,
    chain: hs.nomenclature.chain(candidate.code).map(({ code, names }) => ({ code, names })),
    tell: hs.nomenclature.get(candidate.code)?.tell ?? null,
    distinction: best === undefined || best.code === candidate.code ? null : hs.distinguish(best.code, candidate.code),
  })
  const detected = settle(recognition.candidates, hs.nomenclature)
  const grounding: Grounding = {
    message: request.message,
    intent: detectIntent(request.message, recognition),
    recognition,
    candidates: recognition.candidates.map(placed),
    detected: detected && placed(detected),
    question: hs.question(recognition),
    citations: cite(schedules, recognition, detected && detected.code),
    evidence: Effect.map(foundBy({ detail }), (result) =>
      Option.match(result, { onNone: () => [], onSome: (known) => known?.info.evidence ?? [] }),
    ),
    standing: standingIn(hs),
    ...remembered(request, history),
  }
  return {
    turnId,
    caller: request.caller,
    sessionId: request.caller._tag === "Guest" ? null : (request.sessionId ?? SessionId.make(randomUUID())),
    grounding,
    voice: makeVoice(log, recognition.language),
    detail,
    ending: yield* Deferred.make<Ending>(),
    started,
  } satisfies TurnContext
})

export const greet = Effect.fnUntraced(function* (
  { turnId, caller, sessionId, grounding, voice }: TurnContext,
  request: TurnRequest,
  context7: boolean,
) {
  const { recognition, intent } = grounding
  const isAuthenticated = caller._tag === "Member"
  yield* voice.say({
    eventType: "initial_metadata",
    turnId,
    sessionId,
    isAuthenticated,
    sessionCreated: isAuthenticated && request.sessionId === null,
    intent: intent.primary,
    claudeIntent: intent.primary,
    estimatedTime: context7 ? 3 : 1,
    parallelProcessing: true,
    ragEnabled: context7,
  })
  const info = {
    isAuthenticated,
    userType: isAuthenticated ? ("MEMBER" as const) : ("GUEST" as const),
    sessionId,
    recordingEnabled: isAuthenticated,
    message: sessionNote(isAuthenticated)[recognition.language],
  }
  yield* voice.say({
    eventType: "session_info",
    ...info,
    sessionInfo: info,
    ...(sessionId === null ? {} : { session_uuid: sessionId }),
  })
  yield* voice.announce("intent_analysis")
  yield* voice.announce("parallel_processing_start")
})
