/** Guests and members, each with a question about goods, the same ones in every run. */
import { createHmac, randomBytes } from "node:crypto"
import { random, zipf } from "./goods.ts"
import type { Asked } from "./stream/load.ts"

const members = 200

/** What the members' tokens are signed with. */
export const secret = randomBytes(32).toString("base64url")

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
const sign = (user: string): string => {
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, exp: Math.floor(Date.now() / 1000) + 7200 })}`
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
}
const tokens = Array.from({ length: members }, (_, n) => sign(`member ${n}`))
export const tokenOf = (n: number): string => tokens[n % members] ?? ""

const next = random(1)
const asked = Array.from({ length: 20_000 }, () => zipf(next))
export const messageOf = (n: number): string => asked[n % asked.length] ?? ""

export const guest = (n: number): Asked => ({ message: messageOf(n) })
export const member = (n: number): Asked => ({ message: messageOf(n), token: tokenOf(n) })

/** Three of ten are members. */
export const mixed = (n: number): Asked => (n % 10 < 3 ? member(n) : guest(n))
