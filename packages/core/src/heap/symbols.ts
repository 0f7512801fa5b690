/**
 * The symbols that every process has.
 *
 * @since 0.1.0
 */

/** `Symbol.iterator` and the like, by the name that they have on `Symbol`. */
export const WELL_KNOWN: ReadonlyMap<string, symbol> = new Map(
  Object.getOwnPropertyNames(Symbol).flatMap((name) => {
    const value: unknown = Reflect.get(Symbol, name)
    return typeof value === "symbol" ? [[name, value] as const] : []
  })
)

export const WELL_KNOWN_NAMES: ReadonlyMap<symbol, string> = new Map(
  Array.from(WELL_KNOWN, ([name, symbol]) => [symbol, name])
)
