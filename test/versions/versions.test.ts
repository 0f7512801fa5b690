/**
 * Programs are data: twenty versions of a workflow are in flight at once, and whatever dispatcher
 * takes an instance goes on with the version that it started with.
 */
import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import * as Dispatcher from "@rappel/core/dispatcher/Dispatcher"
import type { ProgramFile } from "@rappel/core/program/Program"
import { Queue } from "@rappel/core/queue/Queue"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { encodeValue, toPlainJson } from "@rappel/core/value/Value"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Postgres from "../kit/Postgres.ts"
import { messageOf, newId } from "../kit/suites/queue/samples.ts"
import { eventually } from "../messages/suite.ts"

const VERSIONS = 20

/** Each version has another number of steps before its wait and another constant after it. */
const versionOf = (version: number): ProgramFile => {
  const steps = `log.push(await note("v${version}"));`.repeat(1 + version % 3)
  const source = `
    import { action, signal, waitFor, workflow } from "@rappel/core"
    export const note = action(async (text: string): Promise<string> => text)
    export const Go = signal<string>("go")
    export const flow = workflow(async () => {
      const log: string[] = []
      ${steps}
      log.push(await waitFor(Go))
      log.push(await note("end ${version}"))
      return log
    })`
  const { workflows } = compileFile({
    file: "/project/flow.ts",
    projectRoot: "/project",
    readFile: (path) => path === "/project/flow.ts" ? source : undefined
  })
  return workflows[0]!.program!
}

const expectedOf = (version: number) => [
  ...Array.from({ length: 1 + version % 3 }, () => `v${version}`),
  "go",
  `end ${version}`
]

const dispatcher = (queue: Queue["Type"]) =>
  Dispatcher.layer({ parkAfterMillis: 20, maxInstances: 5, graceMillis: 100 }).pipe(
    Layer.provide(Layer.mergeAll(
      Rappel.layerDecisions,
      Layer.succeed(Queue, queue),
      layerInline({ slots: 4, resolve: () => (text: string) => text })
    ))
  )

const suite = (name: string, layer: Layer.Layer<Queue, unknown>) =>
  it.live(
    `end as they began, on dispatchers of later deploys (${name})`,
    () =>
      Effect.gen(function*() {
        const queue = yield* Queue
        const files = Array.from({ length: VERSIONS }, (_, version) => versionOf(version))
        assert.strictEqual(new Set(files.map(({ hash }) => hash)).size, VERSIONS)
        const ids = files.map(() => newId())
        const statuses = (status: string) =>
          eventually(queue.find(ids), (all) => all.every((record) => record.status === status))

        // Each deploy stores its version and starts an instance of it; the first dispatcher is old.
        yield* Effect.scoped(Effect.gen(function*() {
          yield* Layer.build(dispatcher(queue))
          for (const [version, file] of files.entries()) {
            yield* queue.deploy([file])
            yield* queue.start([{
              id: ids[version]!,
              name: "flow",
              program: file.hash,
              input: encodeValue([]),
              seed: "0".repeat(32)
            }])
          }
          yield* eventually(
            Effect.forEach(ids, (id) => queue.history(id)),
            (logs) => logs.every((log, version) => log.length === 1 + version % 3)
          )
        }))
        assert.deepStrictEqual(yield* queue.newestProgram("flow"), Option.some(files.at(-1)!.hash))

        // A later dispatcher, which has seen none of them.
        yield* Effect.scoped(Effect.gen(function*() {
          yield* Layer.build(dispatcher(queue))
          yield* queue.deliver(
            ids.map((id) => messageOf(id, { name: "go", payload: encodeValue("go") }))
          )
          yield* statuses("completed")
        }))

        const records = new Map((yield* queue.find(ids)).map((record) => [record.id, record]))
        for (const [version, id] of ids.entries()) {
          const { outcome, program } = records.get(id)!
          assert.strictEqual(program, files[version]!.hash)
          const { value } = outcome as { readonly value: string }
          assert.deepStrictEqual(toPlainJson(value), expectedOf(version))
          const kinds = (yield* queue.history(id)).map(({ kind }) => kind)
          assert.notInclude(kinds, "lost", "a deploy is no loss")
        }
      }).pipe(Effect.provide(layer)),
    120_000
  )

describe(`${VERSIONS} versions in flight`, () => {
  suite("memory", QueueMemory.layer)
  suite("postgres", Postgres.layerClean)
})
