/** What is delivered is known: every production package, under a licence that we accept. */
import { afterEach, assert, describe, test } from "vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./dockerfile.ts"

const read = <A>(file: string): A => JSON.parse(readFileSync(join(root, file), "utf8")) as A

const run = (script: string, cwd = root, env = {}) =>
  spawnSync(process.execPath, [join(root, "scripts", script)], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  })

describe("the licence check", () => {
  let folder: string | undefined
  afterEach(() => folder && rmSync(folder, { recursive: true }))

  /** A project whose packages say this of themselves; `null` for one of another platform, which the lock file knows. */
  const project = (packages: Record<string, { readonly license?: string; readonly locked?: object } | null>) => {
    folder = mkdtempSync(join(tmpdir(), "licences-"))
    const lock: Record<string, object> = { "": {} }
    for (const [name, said] of Object.entries(packages)) {
      const path = `node_modules/${name}`
      lock[path] = said?.locked ?? { license: "GPL-3.0-only", optional: true }
      if (said === null) continue
      mkdirSync(join(folder, path), { recursive: true })
      writeFileSync(join(folder, path, "package.json"), JSON.stringify({ name, license: said.license }))
    }
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: lock }))
    return folder
  }

  test("accepts what this project delivers", () => {
    const { status, stderr, stdout } = run("licences.ts")
    assert.strictEqual(stderr, "")
    assert.match(stdout, /^ +\d+ {2}MIT$/m)
    assert.strictEqual(status, 0)
  })

  test("names what it does not accept, what says nothing, and what another platform would install, and fails", () => {
    const { status, stderr } = run(
      "licences.ts",
      project({
        good: { license: "(MIT OR GPL-3.0-only)", locked: {} },
        "@a/both": { license: "MIT AND GPL-3.0-only", locked: {} },
        silent: { locked: {} },
        elsewhere: null,
        tool: { license: "GPL-3.0-only", locked: { dev: true } },
      }),
    )
    assert.strictEqual(status, 1)
    assert.deepStrictEqual(stderr.trim().split("\n"), [
      "not accepted: @a/both (MIT AND GPL-3.0-only)",
      "not accepted: silent (none)",
      "not accepted: elsewhere (GPL-3.0-only)",
    ])
  })
})

interface Lock {
  readonly packages: Record<string, { readonly version: string; readonly dev?: boolean }>
}
interface Bill {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } }
  readonly components: ReadonlyArray<{
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly hashes: ReadonlyArray<object>
    readonly licenses: ReadonlyArray<object>
  }>
}

test("the bill of materials is CycloneDX of every production package and no other, made without a network", () => {
  const { status, stderr, stdout } = run("sbom.ts", root, { npm_config_offline: "true" })
  assert.strictEqual(status, 0, stderr)
  const { bomFormat, components, metadata } = JSON.parse(stdout) as Bill
  assert.strictEqual(bomFormat, "CycloneDX")
  const { name, version } = read<{ name: string; version: string }>("package.json")
  assert.deepInclude(metadata.component, { name, version })
  const { packages } = read<Lock>("package-lock.json")
  const production = Object.entries(packages).filter(([path, { dev }]) => path !== "" && dev !== true)
  const listed = components.map((component) => `${component.name}@${component.version}`)
  const delivered = production.map(([path, entry]) => `${path.split("node_modules/").at(-1)}@${entry.version}`)
  assert.sameMembers([...new Set(listed)], [...new Set(delivered)])
  for (const { hashes, licenses, purl } of components) {
    assert.isTrue(purl.startsWith("pkg:npm/"))
    assert.isNotEmpty(hashes)
    assert.isNotEmpty(licenses)
  }
})
