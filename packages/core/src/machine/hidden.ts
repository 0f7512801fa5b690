/**
 * Keeps data of the machine on objects that a workflow holds, where it cannot see it.
 *
 * A `WeakMap` would do the same at several times the price, for the lookups and for the
 * garbage collector. Instead the data is a private field: a constructor that returns
 * another object adds its fields to that one, also to a frozen one, and no reflection
 * shows them.
 *
 * @since 0.1.0
 */

/** One kind of hidden data; an object holds at most one item of each kind. */
export interface Hidden<A> {
  readonly get: (value: unknown) => A | undefined
  readonly set: (object: object, data: A) => void
}

const Itself = function(object: object): object {
  return object
} as unknown as new(object: object) => object

export const hidden = <A>(): Hidden<A> => {
  class Field extends Itself {
    #data: A

    constructor(object: object, data: A) {
      super(object)
      this.#data = data
    }

    static get(value: unknown): A | undefined {
      return (typeof value === "object" || typeof value === "function") && value !== null &&
          #data in value
        ? value.#data
        : undefined
    }

    static set(object: object, data: A): void {
      if (#data in object) object.#data = data
      else Reflect.construct(Field, [object, data])
    }
  }
  return Field
}
