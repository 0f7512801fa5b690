import { afterAll, assert, describe, it } from "@effect/vitest"
import { skipFor } from "@rappel/test/kit/skips"
import * as Place from "@rappel/worker/runtime/Place"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"

const children: Array<ChildProcess> = []
afterAll(() => {
  for (const child of children) child.kill("SIGKILL")
})

/** A process that waits, and the place that it would register. */
const start = () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" })
  children.push(child)
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8")
  const startedAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  const world = Place.own().split("/").slice(0, -2).join("/")
  return { child, place: `${world}/${child.pid}/${startedAt}` }
}

const tests = () =>
  describe("Place", () => {
    it("sees at once that a process of this host was killed", async () => {
      const { child, place } = start()
      assert.isFalse(Place.hasEnded(place))

      child.kill("SIGSTOP")
      assert.isFalse(Place.hasEnded(place), "one that is paused has not ended")

      child.kill("SIGKILL")
      await once(child, "exit")
      assert.isTrue(Place.hasEnded(place))
    })

    it("is not misled by a later process of the same number", () => {
      const { child, place } = start()
      const earlier = place.replace(/\d+$/, "1")

      assert.isTrue(Place.hasEnded(earlier))
      assert.isFalse(Place.hasEnded(place), `${child.pid}`)
    })

    it("knows nothing of other hosts, of what has no place, and of what it cannot read", () => {
      const own = Place.own()
      assert.isFalse(Place.hasEnded(own))
      const absent = own.replace(/\d+\/\d+$/, "999999999/1")
      assert.isTrue(Place.hasEnded(absent))
      assert.isFalse(Place.hasEnded(absent.replace(/^[^/]+/, "other-boot")))
      assert.isFalse(Place.hasEnded(absent.replace(/^([^/]+)\/[^/]+/, "$1/pid1")))
      for (const text of ["", "x", "/", "a/b"]) assert.isFalse(Place.hasEnded(text))
    })
  })

if (existsSync("/proc/self/stat")) tests()
else skipFor({ otherMachine: "it reads /proc" }, "Place")
