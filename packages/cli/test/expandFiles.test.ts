import { assert, describe, it } from "@effect/vitest"
import { patternOf } from "../src/commands/expandFiles.ts"

describe("patternOf", () => {
  const matches = (glob: string, path: string) => patternOf(glob).test(path)

  it("a star stays within a folder, two cross folders", () => {
    assert.isTrue(matches("/a/*.ts", "/a/b.ts"))
    assert.isFalse(matches("/a/*.ts", "/a/b/c.ts"))
    assert.isTrue(matches("/a/**/*.ts", "/a/b/c/d.ts"))
    assert.isTrue(matches("/a/**/*.ts", "/a/b.ts"))
    assert.isTrue(matches("/a/**", "/a/b/c.ts"))
  })

  it("braces are choices, a question mark is one character, a dot is a dot", () => {
    assert.isTrue(matches("/a/{b,c*}.ts", "/a/cd.ts"))
    assert.isFalse(matches("/a/{b,c}.ts", "/a/d.ts"))
    assert.isTrue(matches("/a/?.ts", "/a/b.ts"))
    assert.isFalse(matches("/a/b.ts", "/a/bxts"))
    assert.isTrue(matches("/a (b)/[c].ts", "/a (b)/[c].ts"))
  })
})
