/**
 * A short audit, and a look at whether they would notice: the protocol is broken on purpose.
 *
 * `npm run chaos` runs longer ones; docs/reliability.md has their figures.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { fileURLToPath } from "node:url"
import * as Processes from "../kit/Processes.ts"

const RUN = fileURLToPath(new URL("run.ts", import.meta.url))
const ROOT = fileURLToPath(new URL("../..", import.meta.url))

afterAll(Processes.cleanUp)

interface Audit {
  readonly sound: boolean
  readonly acknowledged: number
  readonly broken: Readonly<Record<string, number>>
  readonly cases: Readonly<Record<string, ReadonlyArray<string>>>
  readonly counts: { readonly steps: number; readonly ticks: number }
  readonly faults: Readonly<Record<string, { readonly dealt: number; readonly hit: number }>>
  readonly exits: ReadonlyArray<string>
}

/** Options as they would be written. */
const audit = async (options: string): Promise<Audit> => {
  const { code, stderr, stdout } = await Processes.run(
    ["scripts/with-sources.mjs", RUN, "--json", ...options.split(" ")],
    { cwd: ROOT }
  )
  assert.include([0, 1], code, stderr)
  return JSON.parse(stdout)
}

/** Half the processes of an audit, and none kept ready: what they start costs most of the time. */
const small = "--dispatchers 2 --workers 1 --spares 0 --clients 1 --drain 10"

describe("the chaos audit", () => {
  it("finds every promise kept (--seconds 20 --seed 11 --gap 1200 --workers 1)", async () => {
    const found = await audit("--seconds 20 --seed 11 --gap 1200 --workers 1")

    assert.deepStrictEqual(
      Object.entries(found.cases).filter(([, cases]) => cases.length > 0),
      []
    )
    assert.isTrue(found.sound, found.exits.join(", "))
    assert.isAbove(found.acknowledged, 0)
    assert.isAbove(found.counts.steps, 0)
    assert.isAbove(found.counts.ticks, 0)
    const hits = Object.values(found.faults).reduce((sum, { hit }) => sum + hit, 0)
    assert.isAbove(hits, 0, "no fault hit an instance in flight")
  }, 300_000)

  it(
    "notices calls before their commit, and outcomes, children and runs that are there twice",
    async () => {
      const { broken, cases } = await audit(
        `--seconds 3 --seed 1 --sabotage commit-after-send,double-outcome,double-child,double-tick ${small}`
      )

      assert.isAbove(broken["early"]!, 0)
      assert.isAbove(broken["duplicates"]!, 0)
      assert.include(cases["children"]![0], "nothing in the log")
      assert.include(cases["ticks"]![0], "is none of its ticks")
    },
    300_000
  )

  it("notices a host that writes what is no longer its own", async () => {
    const { faults, sound } = await audit(
      `--seconds 20 --seed 4 --gap 3000 --only zombie --sabotage no-fence ${small} --dispatchers 3`
    )

    assert.isAbove(faults["zombie"]!.hit, 0)
    assert.isFalse(sound)
  }, 300_000)
})
