/**
 * Logs on the console, and traces, metrics and logs over OTLP when an endpoint is set. A line in JSON names the trace and the
 * span that it was written in. Of the traces that begin here the share of `OTEL_TRACES_SAMPLER_ARG` is sent; those that a
 * caller began follow the caller.
 */
import { Config, Effect, Formatter, Layer, Logger, References, Option, Random, Schema, Tracer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

const config = Config.all({
  endpoint: Config.option(Config.URL("OTEL_EXPORTER_OTLP_ENDPOINT")),
  serviceName: Config.NonEmptyString("OTEL_SERVICE_NAME").pipe(Config.withDefault("hs-trade-chat")),
  level: Config.Literals(["trace", "debug", "info", "warn", "error", "fatal", "none"], "LOG_LEVEL").pipe(
    Config.withDefault("info"),
  ),
  format: Config.option(Config.Literals(["pretty", "json"], "LOG_FORMAT")),
  share: Config.schema(
    Schema.NumberFromString.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    "OTEL_TRACES_SAMPLER_ARG",
  ).pipe(Config.withDefault(1)),
})

const levels = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  fatal: "Fatal",
  none: "None",
} as const

const traced = Logger.make<unknown, string>((line) => {
  const { span } = line.fiber.cache
  const where = span === undefined ? {} : { trace_id: span.traceId.padStart(32, "0"), span_id: span.spanId }
  return Formatter.formatJson({ ...Logger.formatStructured.log(line), ...where })
})

const sampled = (share: number) =>
  Layer.effect(
    Tracer.Tracer,
    Effect.gen(function* () {
      const [tracer, random] = [yield* Tracer.Tracer, yield* Random.Random]
      return Tracer.make({
        ...tracer,
        span: (options) =>
          tracer.span(
            Option.isSome(options.parent)
              ? options
              : { ...options, sampled: options.sampled && random.nextDoubleUnsafe() < share },
          ),
      })
    }),
  )

export const layer = Layer.unwrap(
  Effect.map(config, ({ endpoint, serviceName, level, format, share }) => {
    const pretty = Option.getOrElse(format, () => (process.stdout.isTTY ? "pretty" : "json")) === "pretty"
    const console = Layer.mergeAll(
      Logger.layer([pretty ? Logger.consolePretty() : Logger.withConsoleLog(traced)]),
      Layer.succeed(References.MinimumLogLevel, levels[level]),
    )
    if (Option.isNone(endpoint)) return console
    return sampled(share).pipe(
      Layer.provideMerge(
        Otlp.layerJson({ baseUrl: endpoint.value.href.replace(/\/$/, ""), resource: { serviceName } }),
      ),
      Layer.provide(FetchHttpClient.layer),
      Layer.provideMerge(console),
    )
  }),
)
