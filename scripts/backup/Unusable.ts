/** Why a backup was not taken or not restored, in one line that says what to do. */
import { Schema } from "effect"

export class Unusable extends Schema.TaggedError<Unusable>()("Unusable", {
  what: Schema.String,
  cure: Schema.String,
}) {
  override get message() {
    return `${this.what}: ${this.cure}`
  }
}
