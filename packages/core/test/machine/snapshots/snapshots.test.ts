import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { compileSource, runEverywhere } from "../../../../../test/kit/oracle.ts"
import { load } from "../../../src/machine/Machine.ts"
import type { Command, MachineEvent } from "../../../src/machine/Model.ts"
import type { ProgramFile } from "../../../src/program/Program.ts"
import { decodeValue, encodeValue } from "../../../src/value/Value.ts"
import { BODIES } from "./fixtures.ts"

const FOLDER = join(import.meta.dirname, "v1")
/** Of compilers before the present one, whose programs differ: they stay, and are only read. */
const EARLIER = readdirSync(join(FOLDER, "earlier")).map((file) => `earlier/${file.slice(0, -5)}`)
const AT = 1_700_000_000_000

interface Stored {
  readonly program: ProgramFile
  /** The state after the first `seen` events. */
  readonly snapshots: ReadonlyArray<string>
  readonly events: ReadonlyArray<MachineEvent>
  /** Of the first step and of each event's. */
  readonly commands: ReadonlyArray<ReadonlyArray<Command>>
}

const SOURCE = (body: string) =>
  `import { action, sleep, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const main = workflow(async () => {${body}
})`

/** Runs an instance to its end: calls are answered in order, then timers fire. */
const record = (program: ProgramFile): Stored => {
  const machine = load(program)
  const { state, step } = machine.start({
    instanceId: "i1",
    input: encodeValue([]),
    seed: "00112233445566778899aabbccddeeff",
    at: AT
  })
  const snapshots: Array<string> = []
  const events: Array<MachineEvent> = []
  const commands = [step.commands]
  for (let { closed } = step; !closed;) {
    const pending = Array.from(state.pending.values())
    const call = pending.find((each) => each.kind === "call")
    const timers = pending.filter((each) => each.kind === "timer")
    const [timer] = timers.sort((a, b) => a.dueAt - b.dueAt)
    if (call === undefined && timer === undefined) throw new Error("nothing is pending")
    snapshots.push(machine.snapshot(state))
    const event: MachineEvent = call === undefined
      ? { kind: "fired", effect: timer!.effect, at: timer!.dueAt }
      : { kind: "settled", effect: call.effect, at: AT, outcome: answer(call.args) }
    events.push(event)
    const next = machine.apply(state, event)
    commands.push(next.commands)
    closed = next.closed
  }
  return { program, snapshots, events, commands }
}

const answer = (args: string) => {
  const [value] = decodeValue(args) as ReadonlyArray<unknown>
  return { ok: true as const, value: encodeValue(value) }
}

const stored = (name: string): Stored => {
  const file = join(FOLDER, `${name}.json`)
  if (process.env["UPDATE_FIXTURES"] === "1" && !existsSync(file)) {
    const made = record(compileSource(SOURCE(BODIES[name]!), "main").program!)
    writeFileSync(file, `${JSON.stringify(made)}\n`)
  }
  return JSON.parse(readFileSync(file, "utf8")) as Stored
}

describe("states that format 1 stored", () => {
  for (const name of [...Object.keys(BODIES), ...EARLIER]) {
    it(`${name}: are read, written to the byte, and go on as they did`, () => {
      const { commands, events, program, snapshots } = stored(name)
      const machine = load(program)

      snapshots.forEach((snapshot, from) => {
        const state = machine.restore(snapshot)
        assert.strictEqual(machine.snapshot(state), snapshot)
        for (let at = from; at < events.length; at++) {
          assert.deepStrictEqual(machine.apply(state, events[at]!).commands, commands[at + 1])
        }
      })
    })
  }

  for (const name of Object.keys(BODIES)) {
    it(`${name}: are what the present release stores`, () => {
      const { commands, snapshots } = stored(name)

      const now = record(compileSource(SOURCE(BODIES[name]!), "main").program!)

      assert.deepStrictEqual(now.snapshots, snapshots)
      assert.deepStrictEqual(now.commands, commands)
    })
  }

  for (const [name, body] of Object.entries(BODIES)) {
    it(`${name}: are of a workflow that gives what Node gives`, async () => {
      const { machine, plain, restored } = await runEverywhere(SOURCE(body))

      assert.isTrue(plain.outcome.ok)
      assert.deepStrictEqual(machine.outcome, plain.outcome)
      assert.deepStrictEqual(restored.outcome, plain.outcome)
    })
  }

  it("of a later format are refused with what to do", () => {
    const { program, snapshots } = stored("try-and-finally")
    const later = snapshots[0]!.replace(`{"machine":1,`, `{"machine":2,`)

    assert.throws(() => load(program).restore(later), /format 2.*update/s)
  })

  it("with an object of an unknown kind are refused with what to do", () => {
    const { program, snapshots } = stored("promises-and-timers")
    const unknown = snapshots[0]!.replace(`"@sleep"`, `"@slumber"`)

    assert.throws(
      () => load(program).restore(unknown),
      /kind @slumber, which this release does not know; update rappel/
    )
  })
})
