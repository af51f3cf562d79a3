/** The API as a whole: what OpenAPI and the documentation page are made from. */
import { HttpApi, OpenApi } from "effect/http-api"
import { ChatGroup } from "./ChatGroup.ts"
import { DetailGroup } from "./DetailGroup.ts"
import { HealthGroup } from "./HealthGroup.ts"
import { MembersGroup } from "./MembersGroup.ts"
import { HistoryGroup } from "./HistoryGroup.ts"
import { OperatorGroup } from "./OperatorGroup.ts"
import { SearchGroup } from "./SearchGroup.ts"

export class Api extends HttpApi.make("hs-trade-chat")
  .add(ChatGroup, SearchGroup, DetailGroup, HistoryGroup, MembersGroup, HealthGroup, OperatorGroup)
  .annotateMerge(
    OpenApi.annotations({
      title: "HS trade chat",
      version: "0.1.0",
      description:
        "Answers trade questions as a stream of events while it recognises the HS code and prepares the detail page. The events for machines: [JSON Schema](/events.schema.json), [AsyncAPI](/asyncapi.json).",
    }),
  ) {}
