/**
 * Whether the JSON columns of an answer agree: what was detected and what its buttons lead to are among the candidates, or
 * are the heading or chapter of one, and the bookmark is what was detected. Pure.
 */
import type { HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"

export interface Fault {
  readonly path: string
  readonly reason: string
}

export const disagreements = (
  analysis: HsCodeAnalysis | null,
  bookmark: SseBookmarkData | null,
): ReadonlyArray<Fault> => {
  if (analysis === null) return []
  const isCandidate = (code: string) => analysis.candidates.some((candidate) => candidate.code.startsWith(code))
  const referring = [
    ["hscode_analysis.detected_hscode", analysis.detected_hscode] as const,
    ...analysis.detail_buttons.map(
      ({ hscode }, index) => [`hscode_analysis.detail_buttons[${index}].hscode`, hscode ?? null] as const,
    ),
  ]
  const faults = referring.flatMap(([path, code]) =>
    code === null || isCandidate(code) ? [] : [{ path, reason: "is none of the candidates" }],
  )
  return bookmark === null || bookmark.target_value === analysis.detected_hscode
    ? faults
    : [...faults, { path: "sse_bookmark_data.target_value", reason: "is not the detected code" }]
}
