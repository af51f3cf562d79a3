/** Why the service did not start, in one line that says what to do. */
import { type Config, Schema, SchemaIssue } from "effect"

export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  what: Schema.String,
  cure: Schema.String,
}) {
  override get message() {
    return `${this.what}: ${this.cure}`
  }
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()
/** Before the host of an address. */
const password = /\/\/[^/@]*@/g
const secret = /SECRET|KEY|TOKEN|DATABASE|REDIS/

/** Names the variable, what it was given (no secret's value) and what is allowed. */
export const wrongVariable = ({ cause }: Config.ConfigError): StartError => {
  const issue = cause._tag === "SchemaError" ? issuesOf(cause.issue).issues[0] : undefined
  const name = issue?.path?.map(String).join("_") ?? "a variable"
  const given = process.env[name]
  const shown = given === undefined || secret.test(name) ? "" : `=${JSON.stringify(given.replace(password, "//***@"))}`
  return new StartError({ what: `${name}${shown} cannot be used`, cure: issue?.message ?? cause.message })
}
