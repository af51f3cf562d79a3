import { Config, Duration, Option, Redacted, Schema } from "effect"
import { type Quota, quotaConfig } from "../domain/Quota.ts"

export interface Context7Config {
  /** An http(s) address, or `stdio` for the installed server. */
  readonly url: string
  readonly apiKey: Redacted.Redacted | null
  /** Consulted before anything is looked up. */
  readonly libraries: ReadonlyArray<string>
  /** For one call, retries included. */
  readonly timeout: Duration.Duration
  /** Calls that it may get. */
  readonly budget: Option.Option<Quota>
}

const Url = Schema.String.check(
  Schema.makeFilter(
    (value: string) =>
      value === "stdio" ||
      value === "off" ||
      (URL.canParse(value) && /^https?:/.test(value)) ||
      "expected an http(s) address, `stdio` or `off`",
  ),
)

/** None when Context7 is switched off. */
export const context7Config: Config.Config<Option.Option<Context7Config>> = Config.all({
  url: Config.schema(Url, "CONTEXT7_URL").pipe(Config.withDefault("https://mcp.context7.com/mcp")),
  apiKey: Config.option(Config.Redacted("CONTEXT7_API_KEY")),
  libraries: Config.String("CONTEXT7_LIBRARIES").pipe(Config.withDefault("")),
  timeout: Config.Duration("CONTEXT7_TIMEOUT").pipe(Config.withDefault(Duration.seconds(2))),
  budget: quotaConfig("CONTEXT7_BUDGET", "off"),
}).pipe(
  Config.map(({ url, apiKey, libraries, timeout, budget }) =>
    url === "off"
      ? Option.none()
      : Option.some({
          url,
          timeout,
          budget,
          apiKey: Option.getOrNull(apiKey),
          libraries: libraries
            .split(",")
            .map((id) => id.trim())
            .filter((id) => id !== ""),
        }),
  ),
)
