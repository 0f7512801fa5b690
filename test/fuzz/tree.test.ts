import { assert, describe, it } from "@effect/vitest"
import { ex, opensTypeArguments } from "./Tree.ts"

describe("generated comparisons", () => {
  it("are none that TypeScript takes for type arguments", () => {
    const nested = ex("compare", "bool")`(1 > ${ex("as", "num")`(n)`})`
    const call = ex("call", "num")`f((n) => (n))`

    assert.isTrue(opensTypeArguments("<", nested))
    assert.isTrue(opensTypeArguments("<<", nested))
    assert.isFalse(opensTypeArguments("<=", nested))
    assert.isFalse(opensTypeArguments("<", call))
  })
})
