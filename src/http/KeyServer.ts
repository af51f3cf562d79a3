/** Where a key set may come from: what is fetched decides who is a member, so nobody on the way may change it. */
import { Schema } from "effect"

const onThisMachine = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const fits = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password } = new URL(address)
  if (username !== "" || password !== "") return false
  return protocol === "https:" || (protocol === "http:" && onThisMachine.test(hostname))
}

export const KeyServer = Schema.String.check(
  Schema.makeFilter(
    (address: string) => fits(address) || "expected an https address without a password, or http on this machine",
  ),
)
