/** Fits one network in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads"
import { type Example, fit, type Settings } from "./network.ts"

export interface Task {
  readonly examples: ReadonlyArray<Example>
  readonly headings: ReadonlyArray<string>
  readonly subheadings: ReadonlyArray<string>
  readonly settings: Settings
}

export type Report = { readonly epoch: number; readonly loss: number } | { readonly weights: Uint8Array }

const { examples, headings, subheadings, settings } = workerData as Task
const report = (message: Report) => parentPort?.postMessage(message)
report({ weights: fit(examples, headings, subheadings, settings, (epoch, loss) => report({ epoch, loss })) })
