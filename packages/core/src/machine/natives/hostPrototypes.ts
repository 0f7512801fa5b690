/**
 * Prototypes of the host that no name leads to, and the machine's own beside them.
 *
 * @since 0.1.0
 */

const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object

const iterator = prototypeOf(prototypeOf([].values()))
const asyncFunction = prototypeOf(async () => undefined)
const generatorFunction = prototypeOf(function*() {})
const asyncGeneratorFunction = prototypeOf(async function*() {})
const asyncIterator = prototypeOf(prototypeOf(prototypeOf((async function*() {})())))

/** The host's own. */
export const HOST = {
  iterator,
  asyncIterator,
  asyncFunction,
  generatorFunction,
  asyncGeneratorFunction
} as const

const tagged = (parent: object, tag: string): object =>
  Object.create(parent, { [Symbol.toStringTag]: { value: tag, configurable: true } }) as object

/** Over the objects that generator functions of the program make; methods are added by them. */
export const GENERATOR_PROTOTYPE = tagged(iterator, "Generator")
export const ASYNC_GENERATOR_PROTOTYPE = tagged(asyncIterator, "AsyncGenerator")

/** Over the functions; the constructors of code are added where they are made. */
const functionsOf = (tag: string, prototype: object): object => {
  const functions = tagged(Function.prototype, tag)
  Object.defineProperty(functions, "prototype", { value: prototype, configurable: true })
  Object.defineProperty(prototype, "constructor", { value: functions, configurable: true })
  return functions
}

export const GENERATOR_FUNCTIONS = functionsOf("GeneratorFunction", GENERATOR_PROTOTYPE)
export const ASYNC_GENERATOR_FUNCTIONS = functionsOf(
  "AsyncGeneratorFunction",
  ASYNC_GENERATOR_PROTOTYPE
)
