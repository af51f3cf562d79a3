/** Every metric of the service and its labels, by the file that declares it: what panels, rules and documents may name. */
export interface Known {
  readonly kind: "counter" | "gauge" | "histogram"
  readonly labels: ReadonlyArray<string>
}

const counter = (...labels: ReadonlyArray<string>): Known => ({ kind: "counter", labels })
const gauge: Known = { kind: "gauge", labels: [] }
const histogram = (...labels: ReadonlyArray<string>): Known => ({ kind: "histogram", labels })

export const metricsByFile: Record<string, Record<string, Known>> = {
  "answer/observed.ts": {
    answer_model_calls: counter("model", "outcome"),
    answer_first_token_milliseconds: histogram("model"),
  },
  "chat/turnMetrics.ts": {
    turns: counter("status", "caller"),
    turn_duration_milliseconds: histogram("caller"),
    turn_first_event_milliseconds: histogram(),
    turn_first_token_milliseconds: histogram(),
    turn_first_button_milliseconds: histogram(),
    turn_parallel_efficiency: histogram(),
    turn_recognitions: counter("source", "confidence"),
    turn_fallbacks: counter(),
    turn_records: counter("outcome"),
    turn_errors: counter("task", "code"),
    turns_open: gauge,
    turns_refused: counter("reason"),
    streams_open: gauge,
    streams_resumed: counter(),
    streams_dropped: counter(),
  },
  "context7/Budget.ts": {
    context7_budget_left: gauge,
    context7_budget_refusals: counter("purpose"),
  },
  "context7/Guard.ts": { context7_circuit_transitions: counter("to"), context7_resting: gauge },
  "context7/McpConnection.ts": { context7_reply_bytes: histogram("tool") },
  "detail/EvidenceCache.ts": { detail_cache_lookups: counter("cache", "outcome") },
  "detail/calls.ts": {
    context7_calls: counter("tool", "outcome"),
    context7_call_duration_milliseconds: histogram("tool"),
  },
  "history/DatabaseProbe.ts": {
    database_up: gauge,
    database_ping_milliseconds: gauge,
    database_connection_wait_milliseconds: gauge,
  },
  "history/journalMetrics.ts": {
    records_journalled: counter("outcome"),
    records_replayed: counter("outcome"),
    journal_bytes: gauge,
  },
  "http/faults.ts": { requests_broken: counter() },
  "platform/ProcessMetrics.ts": {
    process_event_loop_delay_milliseconds: gauge,
    process_heap_bytes: gauge,
    process_resident_bytes: gauge,
    process_cpu_ratio: gauge,
    process_gc_milliseconds: counter("kind"),
  },
}

export const metrics: Record<string, Known> = Object.assign({}, ...Object.values(metricsByFile))
