/**
 * Refusals as RFC 9457 problems with a stable `code`. `message` repeats the detail for older frontends. The one place
 * where an error of the rooms below becomes HTTP.
 */
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"
import type { ReadError, StartError } from "../chat/ChatTurn.ts"
import type { PageError } from "../detail/CodePages.ts"
import type { HistoryUnavailable, SessionForbidden, SessionNotFound } from "../history/HistoryError.ts"

const members = {
  code: Schema.String,
  message: Schema.String,
  errors: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({ path: Schema.Array(Schema.Union([Schema.String, Schema.Number])), message: Schema.String }),
    ),
  ),
}

const declare = <const S extends number>(status: S, title: string) => ({ type: "about:blank" as const, status, title })

export class BadRequest extends HttpApiError.Problem<BadRequest>()(
  "BadRequest",
  declare(400, "Bad Request"),
  members,
) {}
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  declare(401, "Unauthorized"),
  members,
) {}
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", declare(403, "Forbidden"), members) {}
export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", declare(404, "Not Found"), members) {}
export class Conflict extends HttpApiError.Problem<Conflict>()("Conflict", declare(409, "Conflict"), members) {}
export class Gone extends HttpApiError.Problem<Gone>()("Gone", declare(410, "Gone"), members) {}
/** A code that does not exist where it was looked for; `existing` names what does. */
export class NoSuchCode extends HttpApiError.Problem<NoSuchCode>()("NoSuchCode", declare(404, "Not Found"), {
  ...members,
  existing: Schema.Array(Schema.String),
}) {}
export class TooLarge extends HttpApiError.Problem<TooLarge>()(
  "TooLarge",
  declare(413, "Content Too Large"),
  members,
) {}
export class UnsupportedType extends HttpApiError.Problem<UnsupportedType>()(
  "UnsupportedType",
  declare(415, "Unsupported Media Type"),
  members,
) {}
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  declare(429, "Too Many Requests"),
  members,
) {}
export class Unprocessable extends HttpApiError.Problem<Unprocessable>()(
  "Unprocessable",
  declare(422, "Unprocessable Content"),
  members,
) {}
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  declare(503, "Service Unavailable"),
  members,
) {}

/** The fields of a problem: its code and what happened, for people. */
export const saying = (code: string, detail: string) => ({ code, detail, message: detail })

/** What the router says of an address that it does not know. */
const unknownAddress = "There is nothing at this address."
export const nothingHere = new NotFound(saying("HTTP_404", unknownAddress))

const sessionRefused = (error: SessionNotFound | SessionForbidden): NotFound | Forbidden =>
  error._tag === "SessionNotFound"
    ? new NotFound(saying("CHAT_007", "There is no such session."))
    : new Forbidden(saying("CHAT_008", "This session belongs to somebody else."))

const onlyTrade = {
  ko: "무역에 관한 질문만 받습니다. 품목의 HS코드, 관세율, 수입 요건, 수출입 통계, 통관 등을 물어보세요.",
  en: "Only questions about trade are answered here: HS codes, duty rates, import requirements, trade statistics, customs clearance.",
}

export const turnRefused = (error: ReadError): Gone | Forbidden | Unavailable => {
  switch (error._tag) {
    case "TurnGone":
      return new Gone(saying("CHAT_012", "This turn is not, or no longer, there to be read."))
    case "TurnForbidden":
      return new Forbidden(saying("CHAT_008", "This turn belongs to somebody else."))
    case "TurnUnreachable":
      return new Unavailable(saying("HTTP_503", "This turn cannot be reached at the moment. Please try again."))
  }
}

const refusedTurns = {
  busy: "As many questions as can be are being answered. Please try again in a moment.",
  draining: "This instance is shutting down. Please try again.",
}

export const startRefused = (
  error: StartError,
): NotFound | Forbidden | Unprocessable | Unavailable | Conflict | Gone => {
  switch (error._tag) {
    case "NotTrade":
      return new Unprocessable(saying("CHAT_003", onlyTrade[error.language]))
    case "TurnsRefused":
      return new Unavailable(saying("HTTP_503", refusedTurns[error.reason]))
    case "KeyReused":
      return new Conflict(saying("CHAT_011", "This Idempotency-Key was used with another question."))
    case "SessionNotFound":
    case "SessionForbidden":
      return sessionRefused(error)
    default:
      return turnRefused(error)
  }
}

export const codeRefused = (error: PageError): NoSuchCode | Unavailable => {
  switch (error._tag) {
    case "CodeUnknown": {
      const existing = error.existing === null ? [] : [error.existing]
      return new NoSuchCode({ ...saying("HSCODE_002", `No edition of the nomenclature has ${error.code}.`), existing })
    }
    case "LineUnknown": {
      const where = error.country === null ? "No imported schedule" : `No imported schedule of ${error.country}`
      return new NoSuchCode({
        ...saying("HSCODE_003", `${where} has a line ${error.code}.`),
        existing: error.existing,
      })
    }
    case "TariffUnavailable":
      return new Unavailable(saying("HTTP_503", "The schedules cannot be read at the moment. Please try again."))
  }
}

/** The digits of a code as people write it; an even number of them from 2 to 10. */
export const codeMalformed = (written: string): BadRequest =>
  new BadRequest(
    saying("HSCODE_001", `"${written.slice(0, 40)}" is no code of 2, 4, 6, 8 or 10 digits, dotted or not.`),
  )

export const historyRefused = (
  error: SessionNotFound | SessionForbidden | HistoryUnavailable,
): NotFound | Forbidden | Unavailable =>
  error._tag === "HistoryUnavailable" ? historyUnavailable() : sessionRefused(error)

export const historyUnavailable = (): Unavailable =>
  new Unavailable(saying("HTTP_503", "The history cannot be read at the moment. Please try again."))

/** Problems for responses that the router or the platform refused by themselves. */
export const forStatus = (status: number): Record<string, unknown> => {
  const known: Readonly<Record<number, readonly [string, string]>> = {
    400: ["Bad Request", "The request does not have the form that this endpoint takes."],
    404: ["Not Found", unknownAddress],
    405: ["Method Not Allowed", "This address does not take that method."],
    413: ["Content Too Large", "The body is larger than this endpoint takes."],
  }
  const [title, detail] = known[status] ?? ["Internal Server Error", "Something went wrong on our side."]
  return { type: "about:blank", title, status, ...saying(`HTTP_${status}`, detail) }
}
