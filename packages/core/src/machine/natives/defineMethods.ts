/**
 * Puts functions on an object as the language's own methods are: not enumerable.
 *
 * @since 0.1.0
 */
export const defineMethods = (
  object: object,
  methods: Readonly<Record<string, (...args: any) => unknown>>
): void => {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(object, name, { value, writable: true, configurable: true })
  }
}
