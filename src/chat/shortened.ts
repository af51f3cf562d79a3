/** A text that fits into one event; the pieces before it carry the whole. Pure. */

/** UTF-8 bytes. */
const largest = 40_000

export const shortened = (text: string): { readonly text: string; readonly truncated: boolean } => {
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= largest) return { text, truncated: false }
  return {
    text: bytes
      .subarray(0, largest)
      .toString()
      .replace(/\ufffd$/, ""),
    truncated: true,
  }
}
