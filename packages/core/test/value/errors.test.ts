import { difference } from "@rappel/test/kit/difference"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { decodeHeap } from "../../src/heap/decodeHeap.ts"
import { encodeHeap } from "../../src/heap/encodeHeap.ts"
import type { HeapHost } from "../../src/heap/HeapHost.ts"
import {
  classesIn,
  decodeError,
  decodeValue,
  describeError,
  encodeError,
  encodeValue,
  type ValueHost
} from "../../src/value/Value.ts"
import { CardError, knows, Money, PaymentError } from "./classes.ts"

const twice = (error: unknown, host?: ValueHost): unknown =>
  decodeError(encodeError(error, host), host)

/** Keeps prototypes as the machine does: by what they are in the process. */
const holding: HeapHost = {
  encodePrototype: (prototype) => prototype === PaymentError.prototype ? "payment" : undefined,
  decodePrototype: () => PaymentError.prototype
}

describe("errors", () => {
  it("of builtin classes keep class, message, cause, stack and fields", () => {
    const error = Object.assign(new RangeError("far", { cause: new TypeError("near") }), {
      code: "E_FAR",
      at: new Date(3)
    })
    const back = twice(error)
    expect(difference(error, back)).toBeUndefined()
    expect(difference(error, decodeValue(encodeValue(error)))).toBeUndefined()
  })

  it("keep a message that an accessor of their own gives", () => {
    const error = Object.defineProperty(new Error("first"), "message", {
      get: () => "computed",
      enumerable: true,
      configurable: true
    })
    expect((twice(Object.setPrototypeOf(error, PaymentError.prototype)) as Error).message)
      .toBe("computed")
  })

  it("of known classes are instances of them", () => {
    const host = knows(PaymentError)
    const back = twice(new PaymentError("declined", "card", { cause: "why" }), host)
    expect(back).toBeInstanceOf(PaymentError)
    expect(back).toMatchObject({ message: "declined", code: "card", cause: "why", name: "Error" })
  })

  it("of a subclass that only the writer knows are instances of the nearest known base", () => {
    const text = encodeError(new CardError("declined", "card"))
    const back = decodeError(text, knows(PaymentError)) as PaymentError
    expect(back).toBeInstanceOf(PaymentError)
    expect(back).not.toBeInstanceOf(CardError)
    expect(back).toMatchObject({ name: "CardError", code: "card" })
    expect(classesIn(text).map(({ bases, name }) => [name, ...bases])).toEqual([
      ["CardError", "PaymentError", "Error"]
    ])
  })

  it("reach a reader that knows their class through others that do not", () => {
    const error = new CardError("declined", "card", { cause: new PaymentError("inner", "c") })
    const everything = knows(CardError, PaymentError)
    for (const between of [undefined, knows(), knows(PaymentError)]) {
      const passed = decodeError(encodeError(error, everything), between)
      // As the state of a workflow that holds it for a while.
      const [kept] = decodeHeap(encodeHeap([passed], holding), holding)
      expect(encodeHeap([kept], holding)).toBe(encodeHeap([passed], holding))
      const back = decodeError(encodeError(kept, between), everything) as CardError
      expect(back).toBeInstanceOf(CardError)
      expect(back).toMatchObject({ name: "CardError", message: "declined", code: "card" })
      expect(back.cause).toBeInstanceOf(PaymentError)
      expect(describeError(encodeError(kept)).cause).toMatchObject({ class: "PaymentError" })
    }
  })

  it("forget a lost class when they get another prototype", () => {
    const passed = decodeError(encodeError(new CardError("x", "c")))
    Object.setPrototypeOf(passed, RangeError.prototype)
    expect(decodeError(encodeError(passed), knows(CardError))).not.toBeInstanceOf(CardError)
  })

  it("of unknown classes become their builtin base with name, message and fields", () => {
    class Refused extends TypeError {
      override get name() {
        return "Refused"
      }
      override get message() {
        return `refused with ${this.status}`
      }
      readonly status = 403
    }
    const back = twice(new Refused())
    expect(Object.getPrototypeOf(back)).toBe(TypeError.prototype)
    expect(back).toMatchObject({ name: "Refused", message: "refused with 403", status: 403 })
    expect(Object.keys(back as object)).toEqual(["status"])
    expect(String(back)).toBe("Refused: refused with 403")
  })

  it("keep the name that they had, even when the class has another", () => {
    const back = twice(new PaymentError("x", "c")) as Error
    expect(back.name).toBe("Error")
    expect(describeError(encodeError(new PaymentError("x", "c")))).toMatchObject({
      name: "Error",
      class: "PaymentError",
      message: "x",
      code: "c"
    })
  })

  it("tagged by Effect keep tag and fields", () => {
    class NotFound extends Data.TaggedError("NotFound")<{ readonly id: string }> {}
    class Invalid extends Schema.TaggedError<Invalid>()("Invalid", { field: Schema.String }) {
      override get message() {
        return `${this.field} is invalid`
      }
    }
    const [found, invalid] = [
      twice(new NotFound({ id: "u1" })),
      twice(new Invalid({ field: "age" }))
    ]
    expect(found).toBeInstanceOf(Error)
    expect(found).toMatchObject({ _tag: "NotFound", name: "NotFound", id: "u1" })
    expect(invalid).toMatchObject({ _tag: "Invalid", field: "age", message: "age is invalid" })
    const host = knows(NotFound)
    expect(twice(new NotFound({ id: "u2" }), host)).toBeInstanceOf(NotFound)
    expect(describeError(encodeError(new Invalid({ field: "age" })))).toMatchObject({
      name: "Invalid",
      message: "age is invalid",
      _tag: "Invalid",
      field: "age"
    })
  })

  it("that gather others keep them", () => {
    const aggregate = new AggregateError([new CardError("a", "1"), "text"], "all failed")
    const back = twice(aggregate) as AggregateError
    expect(back).toBeInstanceOf(AggregateError)
    expect(back.errors[0]).toMatchObject({ name: "CardError", code: "1" })
    expect(describeError(encodeError(aggregate))).toMatchObject({
      name: "AggregateError",
      errors: [{ name: "CardError", message: "a", code: "1" }, "text"]
    })
  })

  it("of an abort stay what they are", () => {
    const controller = new AbortController()
    controller.abort()
    const back = twice(controller.signal.reason)
    expect(back).toBeInstanceOf(DOMException)
    expect(back).toMatchObject({ name: "AbortError", code: 20 })
    expect(describeError(encodeError(controller.signal.reason))).toMatchObject({
      name: "AbortError"
    })
  })

  it("of Node keep their codes", () => {
    let thrown: unknown
    try {
      Buffer.alloc("x" as unknown as number)
    } catch (error) {
      thrown = error
    }
    expect(twice(thrown)).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" })
    expect(twice(thrown)).toBeInstanceOf(TypeError)
  })

  it("get through though a field cannot be stored", () => {
    const error = Object.assign(new Error("http"), {
      request: new (class ClientRequest {})(),
      retry: () => 1,
      [Symbol("private")]: 1,
      response: { status: 500, socket: Promise.resolve(), headers: new Map([["a", "b"]]) }
    })
    expect(twice(error)).toMatchObject({
      message: "http",
      request: undefined,
      response: { status: 500, socket: undefined, headers: new Map([["a", "b"]]) }
    })
  })

  it("get through though looking at them fails", () => {
    const hostile = new Proxy(new Error("x"), {
      ownKeys() {
        throw new Error("do not look")
      }
    })
    expect(twice(hostile)).toMatchObject({
      message: "What was thrown cannot be stored: do not look"
    })
    class Getter extends Error {
      override get message(): string {
        throw new Error("no")
      }
    }
    expect(twice(new Getter())).toBeInstanceOf(Error)
  })

  it.each<[unknown]>([["x"], [undefined], [null], [42n], [{ status: 1 }], [[1, [-0]]], [NaN]])(
    "that are none get through: %o",
    (thrown) => {
      expect(difference(thrown, twice(thrown))).toBeUndefined()
    }
  )

  it.each<[unknown, string]>([[() => 1, "function"], [new Money(1), "Money"], [
    Symbol("s"),
    "symbol"
  ]])(
    "that have no stored form are named: %o",
    (thrown, name) => {
      const back = twice(thrown) as Error
      expect(back.name).toBe("ValueNotStorable")
      expect(back.message).toContain(name)
    }
  )
})
