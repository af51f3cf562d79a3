/** Why the service did not start, in one line that says what to do. */
import { Schema } from "effect"

export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  what: Schema.String,
  cure: Schema.String,
}) {
  override get message() {
    return `${this.what}: ${this.cure}`
  }
}
