import type { Layout } from "../Layout.ts"
import { koreaCodes } from "./koreaCodes.ts"
import { koreaNames } from "./koreaNames.ts"
import { unitedStates } from "./unitedStates.ts"

export const layouts: ReadonlyArray<Layout> = [koreaNames, koreaCodes, unitedStates]
