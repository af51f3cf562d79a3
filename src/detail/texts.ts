/** What the buttons' errors say to people, in the message's language. Pure. */
import type { EventBody } from "../domain/ChatEvent.ts"
import type { Language, Recognition } from "../domain/Recognition.ts"
import type { Context7Error } from "../context7/Context7Error.ts"

type ErrorText = Omit<EventBody<"detail_page_buttons_error">, "eventType" | "partialResults">

const pick = (language: Language, ko: string, en: string): string => (language === "ko" ? ko : en)

export const context7Failure = (failure: Context7Error, language: Language): ErrorText => {
  const timedOut = failure._tag === "Context7Timeout"
  return {
    type: timedOut ? "context7_timeout" : "context7_api_error",
    errorCode: timedOut ? "CONTEXT7_TIMEOUT" : "CONTEXT7_API_FAILURE",
    errorMessage: timedOut
      ? pick(
          language,
          "참고 문서 검색이 제시간에 끝나지 않아 자체 분석으로 안내합니다.",
          "The documentation search took too long; our own analysis serves instead.",
        )
      : pick(
          language,
          "참고 문서를 가져오지 못해 자체 분석으로 안내합니다.",
          "The documentation could not be reached; our own analysis serves instead.",
        ),
    fallbackActivated: true,
    retryInfo: {
      retryable: failure._tag !== "Context7Unauthorised",
      retryAfter:
        failure._tag === "Context7Resting" ? failure.retryAfter : failure._tag === "Context7RateLimited" ? 60 : 5,
      maxRetries: 1,
    },
    suggestions: [],
  }
}

export const nothingDetected = ({ language, candidates, unknown }: Recognition): ErrorText => ({
  type: "hscode_detection_failed",
  errorCode: "NO_HSCODE_DETECTED",
  errorMessage:
    unknown.length > 0
      ? pick(
          language,
          `${unknown.join(", ")}은(는) HS 2022에 없는 코드입니다.`,
          `HS 2022 has no code ${unknown.join(", ")}.`,
        )
      : pick(language, "메시지에서 품목을 확정하지 못했습니다.", "No product could be determined from the message."),
  fallbackActivated: true,
  retryInfo: { retryable: true, retryAfter: 0, maxRetries: 3 },
  suggestions: [
    ...candidates
      .slice(0, 3)
      .map(({ names }) => pick(language, `혹시 ${names.ko}인가요?`, `Did you mean ${names.en}?`)),
    pick(
      language,
      "품목의 이름과 재질, 용도를 함께 적어 주세요. 예: 가죽제 여성용 지갑",
      "Name the product with its material and use, such as: women's leather wallet",
    ),
    pick(
      language,
      "알고 있는 HS코드가 있으면 그대로 적어 주세요. 예: 8517.13",
      "If you know a code, write it as it is, such as 8517.13",
    ),
  ],
})
