import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import { errorNames } from "../../src/dispatcher/errorNames.ts"
import { encodeError } from "../../src/value/Value.ts"
import * as ClassTable from "../../src/worker/ClassTable.ts"

class ServiceError extends Error {}
class Busy extends ServiceError {
  override readonly name = "BusyNow"
}
class Tagged extends Data.TaggedError("NotThere")<{ readonly id: string }> {}

/** As a worker encodes what its actions throw. */
const namesOf = (thrown: unknown) => errorNames(encodeError(thrown, ClassTable.make().values))

describe("the names of an error", () => {
  it("are a tag, a name, and the names of all classes above", () => {
    assert.sameMembers([...namesOf(new Busy())], ["Busy", "ServiceError", "BusyNow", "Error"])
    assert.includeMembers([...namesOf(new Tagged({ id: "1" }))], ["Tagged", "NotThere", "Error"])
    assert.sameMembers([...namesOf(new TypeError())], ["TypeError", "Error"])
  })

  it("of what is no error are none", () => {
    assert.deepStrictEqual(namesOf("no error at all"), [])
  })
})
