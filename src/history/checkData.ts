/**
 * Reads a whole database and says what is wrong with it: columns that do not decode or do not agree, counts, times, answers
 * without their question, what was left unfinished. One read-only snapshot; nothing is changed, and no text is told.
 */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Exit, Option, Schema, SchemaIssue, Stream } from "effect"
import { Context7Analysis, HsCodeAnalysis, SseBookmarkData } from "../domain/Analysis.ts"
import { ParallelTaskMetrics } from "../domain/TaskMetrics.ts"
import { SqlClient } from "effect/sql"
import { disagreements, type Fault } from "./agreement.ts"
import { batches } from "./batches.ts"

export interface WrongRow extends Fault {
  /** `message 12`, or `session` with its id. */
  readonly row: string
}

const atOnce = 500

const Row = Schema.Struct({
  message_id: Schema.BigInt,
  hscode_analysis: Schema.Unknown,
  context7_analysis: Schema.Unknown,
  sse_bookmark_data: Schema.Unknown,
  parallel_task_metrics: Schema.Unknown,
})

const placeIn = SchemaIssue.makeFormatterStandardSchemaV1()

/** What stands in a place that does not decode may be somebody's text: only the place is told. */
const unreadable = (column: string, { issue }: Schema.SchemaError): ReadonlyArray<Fault> =>
  placeIn(issue).issues.map(({ path = [] }) => ({
    path: [column, ...path.map((key) => String(typeof key === "object" ? key.key : key))].join("."),
    reason: "does not decode",
  }))

const faultsOf = (row: typeof Row.Type): ReadonlyArray<Fault> => {
  const faults: Array<Fault> = []
  const read = <A>(column: Exclude<keyof typeof Row.Type, "message_id">, schema: Schema.Codec<A, unknown>) => {
    if (row[column] === null) return null
    const exit = Schema.decodeUnknownExit(schema)(row[column])
    if (Exit.isFailure(exit)) {
      faults.push(
        ...Option.match(Exit.findErrorOption(exit), { onNone: () => [], onSome: (error) => unreadable(column, error) }),
      )
      return null
    }
    return exit.value
  }
  const analysis = read("hscode_analysis", HsCodeAnalysis)
  const bookmark = read("sse_bookmark_data", SseBookmarkData)
  read("context7_analysis", Context7Analysis)
  read("parallel_task_metrics", ParallelTaskMetrics)
  return [...faults, ...disagreements(analysis, bookmark)]
}

/** Queries whose every row is wrong. */
const searches = (sql: PgClient.PgClient) =>
  [
    [
      "message_count",
      "is not the number of messages",
      sql`SELECT 'session ' || s.session_uuid AS row FROM chat_sessions s
        LEFT JOIN (SELECT session_uuid, count(*) AS messages FROM chat_messages GROUP BY session_uuid) m USING (session_uuid)
        WHERE s.message_count <> coalesce(m.messages, 0) ORDER BY s.session_uuid`,
    ],
    [
      "updated_at",
      "is before created_at",
      sql`SELECT 'session ' || session_uuid AS row FROM chat_sessions WHERE updated_at < created_at ORDER BY session_uuid`,
    ],
    [
      "completed_at",
      "is before created_at",
      sql`SELECT 'message ' || message_id AS row FROM chat_messages WHERE completed_at < created_at ORDER BY message_id`,
    ],
    [
      "turn_id",
      "is an answer without its question in the same session",
      sql`SELECT 'message ' || a.message_id AS row FROM chat_messages a
        WHERE a.message_type = 'AI' AND NOT EXISTS (
          SELECT FROM chat_messages q
          WHERE q.turn_id = a.turn_id AND q.message_type = 'USER' AND q.session_uuid = a.session_uuid)
        ORDER BY a.message_id`,
    ],
    [
      "status",
      "is still streaming although nobody has saved it for a minute",
      sql`SELECT 'message ' || message_id AS row FROM chat_messages
        WHERE status = 'streaming' AND (saved_at IS NULL OR saved_at < now() - interval '1 minute') ORDER BY message_id`,
    ],
  ] as const

const Wrong = Schema.Array(Schema.Struct({ row: Schema.String }))
const Total = Schema.Tuple([Schema.Struct({ sessions: Schema.Int, messages: Schema.Int })])

export const checkData = (sql: PgClient.PgClient, tell: (wrong: WrongRow) => Effect.Effect<void>) => {
  const found = Stream.fromIterable(searches(sql)).pipe(
    Stream.mapEffect(([path, reason, query]) =>
      Effect.map(Effect.flatMap(query, Schema.decodeUnknownEffect(Wrong)), (rows) =>
        rows.map(({ row }): WrongRow => ({ row, path, reason })),
      ),
    ),
    Stream.flatMap((rows) => Stream.fromIterable(rows)),
  )
  const read = batches(
    atOnce,
    0n,
    Row,
    "message_id",
    (after) => sql`
      SELECT message_id, hscode_analysis, context7_analysis, sse_bookmark_data, parallel_task_metrics
      FROM chat_messages WHERE message_type = 'AI' AND message_id > ${after} ORDER BY message_id LIMIT ${atOnce}`,
  ).pipe(
    Stream.flatMap((row) =>
      Stream.fromIterable(faultsOf(row).map((fault) => ({ row: `message ${row.message_id}`, ...fault }))),
    ),
  )
  return Effect.gen(function* () {
    const [total] = yield* Effect.flatMap(
      sql`SELECT (SELECT count(*) FROM chat_sessions)::int AS sessions, (SELECT count(*) FROM chat_messages)::int AS messages`,
      Schema.decodeUnknownEffect(Total),
    )
    const wrong = yield* Stream.concat(found, read).pipe(
      Stream.tap(tell),
      Stream.runFold(
        () => 0,
        (count) => count + 1,
      ),
    )
    return { ...total, wrong }
  }).pipe(
    sql.withTransaction,
    Effect.provideService(SqlClient.BeginTransaction, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
  )
}
