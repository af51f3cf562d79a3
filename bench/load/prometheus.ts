/** A Prometheus that watches the run (`apt-get install prometheus`), with the rules of `ops/`. */
import { Effect, FileSystem, Schedule } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { stringify } from "yaml"
import { freePort } from "../../test/platform/TestRedis.ts"
import { operatorToken, type Service } from "./service.ts"

const rules = fileURLToPath(new URL("../../ops/prometheus/rules.yml", import.meta.url))

/** Seconds between two looks. */
export const every = 2

export const prometheus = ({ base }: Service) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const config = {
      global: { scrape_interval: `${every}s`, evaluation_interval: `${every}s` },
      rule_files: [rules],
      scrape_configs: [
        {
          job_name: "hs-trade-chat",
          authorization: { credentials: operatorToken },
          static_configs: [{ targets: [new URL(base).host] }],
        },
      ],
    }
    yield* fs.writeFileString(`${folder}/prometheus.yml`, stringify(config))
    const port = yield* freePort
    yield* ChildProcess.make(
      "prometheus",
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=error",
      ],
      { stdin: "ignore", stdout: "ignore", stderr: "inherit" },
    )
    const url = `http://127.0.0.1:${port}`
    yield* Effect.tryPromise(async () => {
      if (!(await fetch(`${url}/-/ready`)).ok) throw new Error("not ready")
    }).pipe(Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 100 }))))
    return url
  })
