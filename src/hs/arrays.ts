/**
 * Flat arrays of numbers in one file: a JSON line `{ header, arrays: [[type, length], …] }`, then each array,
 * little-endian, every part padded to a multiple of four bytes. Pure.
 */
const types = { Int8Array, Uint8Array, Uint16Array, Int32Array, Float32Array }
type TypeName = keyof typeof types
export type NumberArray = Int8Array | Uint8Array | Uint16Array | Int32Array | Float32Array

interface Head {
  readonly header: unknown
  readonly arrays: ReadonlyArray<readonly [TypeName, number]>
}

const aligned = (offset: number): number => (offset + 3) & ~3
const newline = 10

export const pack = (header: object, arrays: ReadonlyArray<NumberArray>): Uint8Array => {
  const layout: Head = { header, arrays: arrays.map((array) => [array.constructor.name as TypeName, array.length]) }
  const head = new TextEncoder().encode(`${JSON.stringify(layout)}\n`)
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + aligned(byteLength), aligned(head.length)))
  bytes.set(head)
  let offset = aligned(head.length)
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset)
    offset += aligned(array.byteLength)
  }
  return bytes
}

/** The arrays are views of the bytes, which must begin at a multiple of four. */
export const unpack = (
  bytes: Uint8Array,
): { readonly header: unknown; readonly arrays: ReadonlyArray<NumberArray> } => {
  const end = bytes.indexOf(newline)
  const { header, arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as Head
  let offset = bytes.byteOffset + aligned(end + 1)
  return {
    header,
    arrays: arrays.map(([type, length]) => {
      const array = new types[type](bytes.buffer as ArrayBuffer, offset, length)
      offset += aligned(array.byteLength)
      return array
    }),
  }
}
