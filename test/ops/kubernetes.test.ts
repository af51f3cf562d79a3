/** The pod and what is around it: hardened, bounded, true to the image and to the service's addresses. */
import { assert, describe, test } from "vitest"
import { OpenApi } from "effect/http-api"
import { Deployment } from "kubernetes-models/apps/v1"
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2"
import { PodDisruptionBudget } from "kubernetes-models/policy/v1"
import { ConfigMap, Service } from "kubernetes-models/v1"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parse, parseAllDocuments } from "yaml"
import { Api } from "../../src/http/Api.ts"
import { environment, root, user } from "./dockerfile.ts"

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}
interface Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly securityContext: object
        readonly containers: ReadonlyArray<{
          readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
          readonly securityContext: object
          readonly resources: { readonly requests: object; readonly limits: object }
          readonly startupProbe: Probe
          readonly readinessProbe: Probe
          readonly livenessProbe: Probe
          readonly lifecycle: object
          readonly volumeMounts: ReadonlyArray<{ readonly mountPath: string }>
        }>
      }
    }
  }
}

/** Kubernetes' own schemas. */
const models = { ConfigMap, Deployment, HorizontalPodAutoscaler, PodDisruptionBudget, Service }

interface Made {
  readonly kind: keyof typeof models
  readonly spec?: { readonly selector: object }
}

const deployment = parse(readFileSync(join(root, "ops/kubernetes/deployment.yaml"), "utf8")) as Manifest
const pod = deployment.spec.template.spec
const [container] = pod.containers
const paths = new Set(Object.keys(OpenApi.fromApi(Api).paths))

describe("the pod", () => {
  test("is nobody, writes only to its volumes and gains no rights", () => {
    const uid = Number(user?.split(":")[0])
    assert.deepInclude(pod.securityContext, { runAsNonRoot: true, runAsUser: uid, fsGroup: uid })
    assert.deepInclude(container?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    })
    assert.deepStrictEqual(
      container?.volumeMounts.map(({ mountPath }) => mountPath),
      [environment["DATA_DIR"], "/tmp"],
    )
  })

  test("is asked for its state at addresses that the service has, on the port where it listens", () => {
    const ports = container?.ports.map(({ name }) => name) ?? []
    for (const probe of [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]) {
      assert.include([...paths], probe?.httpGet.path)
      assert.include(ports, probe?.httpGet.port)
    }
    assert.strictEqual(container?.livenessProbe.httpGet.path, "/health/live")
    assert.strictEqual(`${container?.ports[0]?.containerPort}`, environment["PORT"])
  })

  test("has bounds, and time to be forgotten by the balancer and to end its turns", () => {
    for (const bounds of [container?.resources.requests, container?.resources.limits])
      assert.containsAllKeys(bounds ?? {}, ["cpu", "memory"])
    assert.deepStrictEqual(container?.lifecycle, { preStop: { exec: { command: ["sleep", "5"] } } })
    assert.isAbove(pod.terminationGracePeriodSeconds, 5 + 20 + 20)
  })

  test.skipIf(spawnSync("kubectl", ["version", "--client"]).status !== 0)(
    "and all around it is what Kubernetes takes (kubectl)",
    () => {
      const { stderr, stdout } = spawnSync("kubectl", ["kustomize", "ops/kubernetes"], { cwd: root, encoding: "utf8" })
      const made = parseAllDocuments(stdout).map((document) => document.toJS() as Made)
      assert.strictEqual(stderr, "")
      assert.sameMembers(
        made.map(({ kind }) => kind),
        ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"],
      )
      for (const resource of made) assert.doesNotThrow(() => new models[resource.kind](resource as never).validate())
      const chosen = { "app.kubernetes.io/name": "hs-trade-chat" }
      for (const { kind, spec } of made) {
        if (kind === "Service") assert.deepStrictEqual(spec?.selector, chosen)
        if (kind === "PodDisruptionBudget" || kind === "Deployment")
          assert.deepStrictEqual(spec?.selector, { matchLabels: chosen })
      }
    },
  )
})
