/**
 * Globals of the web platform that carry text and bytes, in forms that a snapshot can hold.
 *
 * @since 0.1.0
 */

interface HostDecoder {
  readonly decode: (input?: ArrayBufferView | ArrayBuffer) => string
  readonly encoding: string
  readonly fatal: boolean
  readonly ignoreBOM: boolean
}

interface HostEncoder {
  readonly encode: (text?: string) => Uint8Array
  readonly encodeInto: (text: string, target: Uint8Array) => { read: number; written: number }
}

const host = <A>(name: string): A => Reflect.get(globalThis, name) as A

type Options = { readonly fatal?: boolean; readonly ignoreBOM?: boolean } | undefined

let hasEncoding: (object: object) => boolean

/** Whether an object was made by the constructor; `instanceof` says so of prototypes as well. */
export const isDecoder = (object: object): object is TextDecoder => hasEncoding(object)

/** Decodes whole texts: one that comes in parts has no place in a state. */
export class TextDecoder {
  readonly #encoding: string
  readonly #fatal: boolean
  readonly #ignoreBOM: boolean

  static {
    hasEncoding = (object) => #encoding in object
  }

  constructor(label = "utf-8", options: Options = undefined) {
    const Host = host<new(label: string, options: Options) => HostDecoder>("TextDecoder")
    const decoder = new Host(label, options)
    this.#encoding = decoder.encoding
    this.#fatal = decoder.fatal
    this.#ignoreBOM = decoder.ignoreBOM
  }

  get encoding(): string {
    return this.#encoding
  }

  get fatal(): boolean {
    return this.#fatal
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM
  }

  decode(input?: ArrayBufferView | ArrayBuffer, options?: { readonly stream?: boolean }): string {
    if (options?.stream === true) {
      throw new TypeError("TextDecoder in a workflow decodes whole texts: decode without `stream`")
    }
    const Host = host<new(label: string, options: Options) => HostDecoder>("TextDecoder")
    return new Host(this.#encoding, { fatal: this.#fatal, ignoreBOM: this.#ignoreBOM }).decode(
      input
    )
  }
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8"
  }

  encode(text?: string): Uint8Array {
    const Host = host<new() => HostEncoder>("TextEncoder")
    return new Host().encode(text)
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    const Host = host<new() => HostEncoder>("TextEncoder")
    return new Host().encodeInto(text, target)
  }
}

for (const [value, tag] of [[TextDecoder, "TextDecoder"], [TextEncoder, "TextEncoder"]] as const) {
  Object.defineProperty(value.prototype, Symbol.toStringTag, { value: tag, configurable: true })
}
