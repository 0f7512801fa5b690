import { assert, describe, it } from "@effect/vitest"
import { judge, type Settings } from "@rappel/sql/doctor/settings"

const GOOD: Settings = {
  version: "PostgreSQL 17.1 on x86_64",
  versionNumber: 170_001,
  synchronousCommit: "on",
  fsync: "on",
  fullPageWrites: "on",
  mostConnections: 100,
  connections: 20,
  isRemote: true,
  keepaliveIdle: 60,
  oldestSeconds: null
}

const codesOf = (settings: Partial<Settings>) =>
  judge({ ...GOOD, ...settings }).map(({ code, level }) => `${level} ${code}`)

describe("settings of the server", () => {
  it("are good when they keep what was committed", () => {
    assert.deepStrictEqual(codesOf({}), [])
    assert.deepStrictEqual(codesOf({ synchronousCommit: "remote_apply", oldestSeconds: 5 }), [])
    assert.deepStrictEqual(codesOf({ isRemote: false, keepaliveIdle: 0 }), [])
  })

  const cases: ReadonlyArray<readonly [Partial<Settings>, string]> = [
    [{ fsync: "off" }, "problem fsync-off"],
    [{ synchronousCommit: "off" }, "problem synchronous-commit-off"],
    [{ fullPageWrites: "off" }, "warning full-page-writes-off"],
    [{ keepaliveIdle: 7200 }, "warning no-keepalive"],
    [{ keepaliveIdle: 0 }, "warning no-keepalive"],
    [{ connections: 81 }, "warning connections"],
    [{ oldestSeconds: 700 }, "warning old-transaction"],
    [{ versionNumber: 130_010 }, "warning old-postgres"]
  ]
  for (const [settings, expected] of cases) {
    it(`${JSON.stringify(settings)} is a ${expected}`, () => {
      assert.deepStrictEqual(codesOf(settings), [expected])
    })
  }
})
