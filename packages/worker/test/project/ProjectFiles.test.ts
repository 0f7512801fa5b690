import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Processes from "@rappel/test/kit/Processes"
import { dirname, join } from "node:path"
import {
  findClass,
  findProject,
  projectRootOf,
  readManifest,
  sourceFiles
} from "../../src/project/ProjectFiles.ts"

afterAll(Processes.cleanUp)

const root = Processes.project({
  "package.json": `{"name":"app"}`,
  "src/package.json": `{"type":"module"}`,
  "src/welcome.ts": "export class Welcome<A> extends Base<A> {}",
  "src/other.mts": "// class Welcomed extends Base\nexport class Welcome$ extends X {}",
  "node_modules/x/index.ts": "export class Welcome extends Base {}",
  ".cache/x.ts": "export class Welcome extends Base {}",
  "dist/x.js": "export class Welcome extends Base {}",
  "src/types.d.ts": "export class Welcome extends Base {}",
  "loose/package.json": "not json",
  "built/package.json": `{"name":"built"}`,
  "built/.rappel/manifest.json": `{"format":99}`
})
const welcome = join(root, "src/welcome.ts")
const other = join(root, "src/other.mts")

describe("ProjectFiles", () => {
  it("a project begins at the nearest package.json with a name", () => {
    assert.strictEqual(findProject(join(root, "src")), root)
    assert.strictEqual(projectRootOf(join(root, "loose")), root)
    assert.isUndefined(findProject(dirname(root)))
    assert.strictEqual(projectRootOf(dirname(root)), dirname(root))
  })

  it("sources are neither dependencies nor build output nor declarations", () => {
    assert.deepStrictEqual(Array.from(sourceFiles(root)).sort(), [other, welcome])
  })

  it("a class is found by its name and a base", () => {
    assert.deepStrictEqual(findClass(root, "Welcome"), [welcome])
    assert.deepStrictEqual(findClass(root, "Welcome$"), [other])
    assert.deepStrictEqual(findClass(root, "Absent"), [])
  })

  it("a project that was never built has no manifest, and a damaged one is told", () => {
    assert.isUndefined(readManifest(root))
    assert.throws(
      () => readManifest(join(root, "built")),
      /manifest\.json cannot be read.*rappel build/
    )
  })
})
