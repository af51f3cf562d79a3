/** How connections to PostgreSQL are kept and used. */
import { Config, Schema } from "effect"

export const pooling = Config.all({
  maxConnections: Config.Int("DATABASE_POOL_MAX").pipe(Config.withDefault(10)),
  /** Off behind a pooler that hands a connection to somebody else after each transaction and knows no named statements. */
  prepare: Config.schema(Schema.Literals(["on", "off"]), "DATABASE_PREPARE").pipe(
    Config.withDefault("on"),
    Config.map((prepare) => prepare === "on"),
  ),
})

export type Pooling = Config.Success<typeof pooling>
