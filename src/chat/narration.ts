/** The sentences of a turn's stages, and how far each stands. Pure. */
import type { ThinkingStage } from "../domain/ChatEvent.ts"
import type { Names } from "../domain/Recognition.ts"

export const narration: Readonly<Record<ThinkingStage, Names & { readonly progress: number }>> = {
  intent_analysis: { progress: 5, ko: "질문의 의도를 파악하고 있습니다.", en: "Working out what you are asking." },
  parallel_processing_start: {
    progress: 10,
    ko: "답변, 상세 페이지, 기록을 동시에 준비합니다.",
    en: "Preparing the answer, the detail page and the record at once.",
  },
  member_record_saving: { progress: 15, ko: "대화를 기록하고 있습니다.", en: "Recording the conversation." },
  detail_page_preparation: {
    progress: 20,
    ko: "상세 페이지 정보를 준비하고 있습니다.",
    en: "Preparing the detail page.",
  },
  rag_search_planning: {
    progress: 30,
    ko: "참고할 문서를 고르고 있습니다.",
    en: "Choosing the documentation to consult.",
  },
  rag_search_executing: { progress: 40, ko: "문서를 검색하고 있습니다.", en: "Searching the documentation." },
  data_processing: { progress: 60, ko: "찾은 근거를 비교하고 있습니다.", en: "Weighing the evidence." },
  response_generation: { progress: 70, ko: "답변을 작성하고 있습니다.", en: "Writing the answer." },
}

export const answerStarts: Names & { readonly progress: number } = {
  progress: 75,
  ko: "답변을 시작합니다.",
  en: "The answer begins.",
}

export const sessionNote = (recorded: boolean): Names =>
  recorded
    ? { ko: "이 대화는 기록됩니다.", en: "This conversation is recorded." }
    : { ko: "비회원 대화는 기록되지 않습니다.", en: "Guests' conversations are not recorded." }
