/**
 * The chat from a frontend: ask, read the answer as typed events, stop it, go on after a lost connection. Web APIs only,
 * so that it runs in browsers and in Node 20 or later.
 */
export type { ChatClient, ChatClientOptions, FollowOptions, Message, SendOptions } from "./ChatClient.ts"
export { createChatClient } from "./ChatClient.ts"
export type { FieldError } from "./errors.ts"
export { ChatInterrupted, ChatRefused } from "./errors.ts"
export type { ChatEvent, TurnEvent, UnknownEvent } from "./events.ts"
export type { Patience, Wait } from "./patience.ts"
export type { Turn } from "./Turn.ts"
