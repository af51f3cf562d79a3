/** Logs on the console, and traces, metrics and logs over OTLP when an endpoint is set. */
import { Config, Effect, Layer, Logger, References, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

const config = Config.all({
  endpoint: Config.option(Config.URL("OTEL_EXPORTER_OTLP_ENDPOINT")),
  serviceName: Config.NonEmptyString("OTEL_SERVICE_NAME").pipe(Config.withDefault("hs-trade-chat")),
  level: Config.Literals(["trace", "debug", "info", "warn", "error", "fatal", "none"], "LOG_LEVEL").pipe(
    Config.withDefault("info"),
  ),
  format: Config.option(Config.Literals(["pretty", "json"], "LOG_FORMAT")),
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

export const layer = Layer.unwrap(
  Effect.map(config, ({ endpoint, serviceName, level, format }) => {
    const pretty = Option.getOrElse(format, () => (process.stdout.isTTY ? "pretty" : "json")) === "pretty"
    const console = Layer.mergeAll(
      Logger.layer([pretty ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, levels[level]),
    )
    if (Option.isNone(endpoint)) return console
    return Otlp.layerJson({ baseUrl: endpoint.value.href.replace(/\/$/, ""), resource: { serviceName } }).pipe(
      Layer.provide(FetchHttpClient.layer),
      Layer.provideMerge(console),
    )
  }),
)
