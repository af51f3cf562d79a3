/** What a member does with a service: asks, pages, searches, erases. */
import { spawnSync } from "node:child_process"
import { root } from "./documented.ts"

export const tokenFor = (dataDir: string, member: string): string =>
  spawnSync(process.execPath, [`${root}/scripts/token.ts`, member], {
    env: { PATH: process.env["PATH"], DATA_DIR: dataDir },
    encoding: "utf8",
  }).stdout.trim()

export const memberOf = (url: string, token: string) => {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/api${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    })
  const list = async (path: string): Promise<any> => (await call(path)).json()
  return {
    ask: async (message: string) => (await call("/chat", { method: "POST", body: JSON.stringify({ message }) })).text(),
    sessions: async () => (await list("/chat/history"))["sessions"],
    search: async (keyword: string) =>
      (await list(`/chat/history/search?keyword=${encodeURIComponent(keyword)}`))["messages"],
    session: async (id: string) => (await call(`/chat/history/${id}`)).status,
    erase: async (id: string) => (await call(`/chat/history/${id}`, { method: "DELETE" })).status,
  }
}
