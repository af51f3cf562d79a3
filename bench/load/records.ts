/** Whether members' turns are in the database as they were told. */
import { Effect } from "effect"
import { Client } from "pg"
import type { Turn } from "./reader.ts"

/** Turns whose record was announced and is not there, with its question, exactly once. */
export const wrongRecords = (databaseUrl: string, turns: ReadonlyArray<Turn>) =>
  Effect.gen(function* () {
    const client = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const client = new Client({ connectionString: databaseUrl })
        await client.connect()
        return client
      }),
      (client) => Effect.promise(() => client.end()),
    )
    const told = turns.filter(({ saved }) => saved !== null)
    const { rows } = yield* Effect.promise(() =>
      client.query<{ turn: string; questions: number; answers: number; id: string | null }>(
        `SELECT turn_id AS turn, count(*) FILTER (WHERE message_type = 'USER')::int AS questions,
           count(*) FILTER (WHERE message_type = 'AI')::int AS answers,
           max(message_id) FILTER (WHERE message_type = 'AI') AS id
         FROM chat_messages WHERE turn_id = ANY ($1) GROUP BY turn_id`,
        [told.map(({ id }) => id)],
      ),
    )
    const there = new Map(rows.map((row) => [row.turn, row]))
    return told.filter(({ id, saved }) => {
      const row = there.get(id)
      return row === undefined || row.questions !== 1 || row.answers !== 1 || Number(row.id) !== Number(saved)
    }).length
  }).pipe(Effect.scoped)
