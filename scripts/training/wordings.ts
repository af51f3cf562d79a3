/**
 * Wordings: how people put a good into words when they do not use its name, or use more than it. One text file a
 * chapter in `wordings/`; `docs/lexicon.md` describes the format. Pure: text in, wordings or faults out.
 */

export interface Wording {
  /** Digits only: 4 or 6. */
  readonly code: string
  readonly text: string
}

const codePattern = /^@(\d{4})(?:\.(\d{2}))?$/

/** Reads one chapter's file: lines such as `@8450.11`, each followed by its wordings, one a line. */
export const parseWordings = (text: string, exists: (code: string) => boolean) => {
  const wordings: Array<Wording> = []
  const faults: Array<{ readonly line: number; readonly problem: string }> = []
  let code: string | null = null
  text.split("\n").forEach((raw, index) => {
    const content = raw.trim()
    const fault = (problem: string) => faults.push({ line: index + 1, problem })
    if (content === "" || content.startsWith("#")) return
    if (!content.startsWith("@")) {
      if (code === null) fault("a wording before any code")
      else wordings.push({ code, text: content })
      return
    }
    const match = codePattern.exec(content)
    code = match ? match[1]! + (match[2] ?? "") : null
    if (code === null) fault("a code is `@9999` or `@9999.99`")
    else if (!exists(code)) fault(`there is no ${code}`)
  })
  return { wordings: wordings as ReadonlyArray<Wording>, faults }
}
