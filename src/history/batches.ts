import { Effect, Option, Schema, Stream } from "effect"

/** Rows in the order of a key that never changes, each batch from where the one before ended. */
export const batches = <S extends Schema.Codec<object, unknown>, K extends keyof S["Type"], E>(
  size: number,
  first: S["Type"][K],
  schema: S,
  key: K,
  read: (after: S["Type"][K]) => Effect.Effect<ReadonlyArray<unknown>, E>,
) =>
  Stream.paginate(first, (after) =>
    Effect.map(Effect.flatMap(read(after), Schema.decodeUnknownEffect(Schema.Array(schema))), (rows) => {
      const last = rows.at(-1)
      return [rows, last === undefined || rows.length < size ? Option.none() : Option.some(last[key])] as const
    }),
  )
