/**
 * Texts that depend on the host's language and time zone: fixed to `en-US` and UTC, unless
 * the program names others, so that every host that steps an instance writes the same.
 *
 * @since 0.1.0
 */
import { isObject } from "../iteration.ts"
import { replace, type Replacement } from "./replaced.ts"

const LOCALE = "en-US"

/** The locale is argument `at`, its options follow. */
const withLocale = (at: number): Replacement => (original, self, args) => {
  const given = args.slice()
  given[at] = given[at] === undefined ? LOCALE : given[at]
  return Reflect.apply(original, self, given)
}

const inUtc: Replacement = (original, self, [locale = LOCALE, options]) =>
  Reflect.apply(original, self, [
    locale,
    isObject(options) && (options as { readonly timeZone?: unknown }).timeZone !== undefined
      ? options
      : { ...options as object, timeZone: "UTC" }
  ])

type Localised = { readonly toLocaleString: (...args: ReadonlyArray<unknown>) => unknown }

/** As the language has it, but each item is asked for the fixed locale. */
const joined: Replacement = (_original, self, [locale = LOCALE, options]) =>
  Array.from(
    self as ArrayLike<unknown>,
    (item) =>
      item === null || item === undefined
        ? ""
        : item instanceof Date
        ? inUtc(Date.prototype.toLocaleString, item, [locale, options])
        : (item as Localised).toLocaleString(locale, options)
  ).join(",")

export const installLocale = (): void => {
  replace(String.prototype, "localeCompare", withLocale(1))
  replace(String.prototype, "toLocaleUpperCase", withLocale(0))
  replace(String.prototype, "toLocaleLowerCase", withLocale(0))
  replace(Number.prototype, "toLocaleString", withLocale(0))
  replace(BigInt.prototype, "toLocaleString", withLocale(0))
  for (const key of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    replace(Date.prototype, key, inUtc)
  }
  replace(Array.prototype, "toLocaleString", joined)
  replace(Object.getPrototypeOf(Uint8Array.prototype) as object, "toLocaleString", joined)
}
