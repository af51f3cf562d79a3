/** Image, Compose and CI: hardened, pinned, and true to the service's addresses and variables. */
import { assert, describe, test } from "vitest"
import { validate, ValidationSeverity } from "dockerfile-utils"
import { OpenApi } from "effect/http-api"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parse, parseAllDocuments } from "yaml"
import { Api } from "../../src/http/Api.ts"
import * as dockerfile from "./dockerfile.ts"

const { root } = dockerfile
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path))

const yamls = [...filesBelow("ops"), ...filesBelow(".github"), "compose.yaml"].filter((path) => /\.ya?ml$/.test(path))

/** As far as these tests look at them. */
interface Container {
  readonly read_only?: boolean
  readonly cap_drop?: ReadonlyArray<string>
  readonly security_opt?: ReadonlyArray<string>
  readonly image: string
  readonly environment?: Record<string, string>
  readonly volumes?: ReadonlyArray<string>
  readonly healthcheck?: { readonly test: ReadonlyArray<string> }
  readonly stop_grace_period?: string
}

const compose = parse(read("compose.yaml"), { merge: true }) as { readonly services: Record<string, Container> }

const paths = new Set(Object.keys(OpenApi.fromApi(Api).paths))
const documented = new Set(
  [...read("README.md").matchAll(/^\| (`[A-Z].*?) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name]) => name),
  ),
)

test.each(yamls)("%s is YAML without mistakes or doubts", (path) => {
  for (const { errors, warnings } of parseAllDocuments(read(path), { merge: true, uniqueKeys: true }))
    assert.deepStrictEqual([...errors, ...warnings], [])
})

describe("every image", () => {
  const named = yamls.flatMap((path) =>
    [...read(path).matchAll(/^\s*(?:image|container): (\S+)$/gm)].map(([, image = ""]) => image),
  )
  const theirs = [...dockerfile.images, ...named].filter((image) => !/^hs-trade-chat(:|$)/.test(image))

  test.each(theirs)("%s is of one version", (image) => assert.match(image, /^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$/))

  test("of ours has the version of the package", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string }
    assert.strictEqual(compose.services["chat"]?.image, `hs-trade-chat:${version}`)
    assert.include(read("ops/kubernetes/kustomization.yaml"), `newTag: ${version}\n`)
  })

  test("with Node has the Node that the tests run on", () => {
    const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> }
    for (const image of theirs.filter((each) => each.startsWith("node:")))
      assert.include(image, `node:${devDependencies["node"]}-bookworm`)
  })
})

describe("the Dockerfile", () => {
  test("gives a linter nothing to say", () => {
    const said = validate(read("Dockerfile"), { instructionWorkdirRelative: ValidationSeverity.ERROR })
    assert.deepStrictEqual(said, [])
  })

  test("copies what is there, and nothing that .dockerignore keeps out", () => {
    const let_in = [...read(".dockerignore").matchAll(/^!(.+)$/gm)].map(([, path = ""]) => path)
    assert.include(read(".dockerignore"), "\n*\n")
    for (const { from } of dockerfile.copies) {
      assert.isTrue(existsSync(join(root, from)), from)
      assert.include(let_in, from)
    }
  })

  test("installs production dependencies by the lock file, and runs none of their scripts", () => {
    const install = dockerfile.runs.find((run) => run.startsWith("npm"))
    for (const word of ["npm ci", "--omit=dev", "--omit=optional", "--ignore-scripts"])
      assert.include(install ?? "", word)
  })

  test("fetches nothing itself and holds no secret", () => {
    assert.notInclude(dockerfile.forms, "ADD")
    assert.notInclude(dockerfile.forms, "ARG")
    for (const run of dockerfile.runs) assert.notMatch(run, /curl|wget|apt-get|sudo/)
    for (const name of Object.keys(dockerfile.environment)) assert.notMatch(name, /TOKEN|SECRET|KEY|PASSWORD|URL/)
  })

  test("runs as nobody in particular, keeps its data on a volume and asks for its health where there is an answer", () => {
    assert.match(dockerfile.user ?? "", /^[1-9]\d*:[1-9]\d*$/)
    assert.deepStrictEqual(dockerfile.volumes, [dockerfile.environment["DATA_DIR"]])
    assert.deepStrictEqual(dockerfile.command.slice(0, 1), ["node"])
    const [, asked] = /\$\{process\.env\.PORT\}(\/[\w/]+)/.exec(dockerfile.healthCheck.join(" ")) ?? []
    assert.include([...paths], asked)
  })
})

describe("Compose", () => {
  test.each(Object.entries(compose.services).filter(([name]) => name !== "postgres"))(
    "lets %s gain no rights",
    (_, service) => {
      assert.deepStrictEqual(service.cap_drop, ["ALL"])
      assert.deepStrictEqual(service.security_opt, ["no-new-privileges:true"])
    },
  )

  test("lets only Prometheus, for its secret, and PostgreSQL write outside their volumes", () => {
    const open = Object.entries(compose.services).filter(([, service]) => service.read_only !== true)
    assert.deepStrictEqual(open.map(([name]) => name).sort(), ["postgres", "prometheus"])
  })

  test("mounts files that are there, and never to be written", () => {
    const binds = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => volume.startsWith("./")).map((volume) => volume.split(":")),
    )
    for (const [from = "", , mode] of binds) {
      assert.isTrue(existsSync(join(root, from)), from)
      assert.strictEqual(mode, "ro")
    }
  })

  test("asks the service whether it is ready at an address that it has", () => {
    const [asked] = /\/health\/\w+/.exec(compose.services["chat"]?.healthcheck?.test.join(" ") ?? "") ?? []
    assert.include([...paths], asked)
  })
})

describe("a variable that is set", () => {
  const set: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["Dockerfile", Object.keys(dockerfile.environment).filter((name) => name !== "NODE_ENV")],
    ["compose.yaml", Object.keys(compose.services["chat"]?.environment ?? {})],
    [
      "configuration.env",
      [...read("ops/kubernetes/configuration.env").matchAll(/^(\w+)=/gm)].map(([, name = ""]) => name),
    ],
    [
      "the Secret of deploy.md",
      [...read("docs/operations/deploy.md").matchAll(/--from-literal=(\w+)/g)].map(([, name = ""]) => name),
    ],
  ]
  test.each(set)("in %s is one that the README explains", (_, names) => {
    assert.isNotEmpty(names)
    for (const name of names) assert.include([...documented], name)
  })

  test("for Compose from outside is named in deploy.md", () => {
    const outside = [...read("compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name]) => name)
    for (const name of outside) assert.include(read("docs/operations/deploy.md"), `\`${name}\``)
  })
})

describe("CI on GitHub", () => {
  const workflow = read(".github/workflows/ci.yml")
  test("runs the project's own script, with no more rights than to read", () => {
    assert.include(workflow, "- run: bash .ci/run\n")
    assert.include(workflow, "permissions: { contents: read }")
  })

  test("uses actions by commit", () => {
    const actions = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action = ""]) => action)
    assert.isNotEmpty(actions)
    for (const action of actions) assert.match(action, /@[0-9a-f]{40}$/)
  })

  test("calls scripts that package.json has", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    for (const [, name = ""] of workflow.matchAll(/npm run (?:--silent )?(\w+)/g)) assert.property(scripts, name)
  })
})
