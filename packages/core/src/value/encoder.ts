/**
 * Texts as UTF-8, into bytes that are there already.
 *
 * @since 0.1.0
 */

/** Every host has it; the library of the language, which is all that is known here, has not. */
declare const TextEncoder: new() => {
  readonly encodeInto: (
    text: string,
    bytes: Uint8Array
  ) => { readonly read: number; readonly written: number }
}

export const encoder = new TextEncoder()
