/**
 * Buffers and the views on them. Two views of one buffer still share it afterwards.
 *
 * @since 0.1.0
 */
import { fromBase64, toBase64 } from "../base64.ts"
import type { Json } from "../Json.ts"
import { accepts, builtin, getterOf, type Kind, type KindWriter } from "./Kind.ts"

const byteLength = getterOf("ArrayBuffer", "byteLength")
const isBuffer = accepts(byteLength)

/** Base64 of all bytes. */
export const arrayBuffer: Kind = {
  tag: "B",
  builtins: ["ArrayBuffer"],
  is: isBuffer,
  remedy: (object) =>
    (object as { readonly resizable?: boolean }).resizable === true
      ? "copy it into an ArrayBuffer of fixed size"
      : isDetached(object as ArrayBuffer)
      ? "it was transferred, so hold what it became"
      : undefined,
  write: (object) => toBase64(new Uint8Array(object as ArrayBuffer)),
  make: (data) => fromBase64(data as string).buffer
}

/** Node 20 has no `detached`; a view on such a buffer cannot be made. */
const isDetached = (buffer: ArrayBuffer): boolean => {
  if (buffer.byteLength > 0) return false
  try {
    return new Uint8Array(buffer).length > 0
  } catch {
    return true
  }
}

interface View {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly byteLength: number
  readonly length?: number
}

const VIEWS = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView"
]

/** Up to this length a typed array is searched for properties of its own: 0.1 ms at most. */
const SEARCHED = 4096

/** `[builtin, buffer, byteOffset, length]` */
export const view: Kind = {
  tag: "v",
  builtins: VIEWS,
  is: ArrayBuffer.isView,
  write: (object, name, out) => {
    const { buffer, byteLength, byteOffset, length = byteLength } = object as View
    if (!out.visibleBytesOnly || !isBuffer(buffer)) {
      return [name, out.val(buffer, "buffer"), byteOffset, length]
    }
    const data: Array<Json> = [name, 0, byteOffset, length]
    show(out, buffer as ArrayBuffer, byteOffset, byteLength, data)
    return data
  },
  make: (data, heap) => {
    const [name, buffer, byteOffset, length] = data as [string, Json, number, number]
    const View = VIEWS.includes(name) ? builtin(name) : undefined
    if (View === undefined) throw new TypeError(`${name} is not part of this engine`)
    return new View(heap.val(buffer), byteOffset, length)
  },
  implies: (_object, key) => typeof key === "string" && /^\d+$/.test(key),
  skipsProperties: (object) => ((object as View).length ?? 0) > SEARCHED
}

/** The bytes of one buffer that are seen through views. */
interface Window {
  readonly number: number
  readonly views: Array<Array<Json>>
  from: number
  to: number
}

const show = (
  out: KindWriter,
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
  data: Array<Json>
): void => {
  const windows = out.notes(makeWindows)
  let window = windows.get(buffer)
  if (window === undefined) {
    window = { number: out.reserve({}), views: [], from: byteOffset, to: byteOffset + byteLength }
    windows.set(buffer, window)
    const made = window
    out.atEnd(() => close(out, buffer, made))
  }
  window.from = Math.min(window.from, byteOffset)
  window.to = Math.max(window.to, byteOffset + byteLength)
  window.views.push(data)
}

const makeWindows = (): Map<ArrayBuffer, Window> => new Map()

const close = (out: KindWriter, buffer: ArrayBuffer, window: Window): void => {
  // A buffer that is a value as well travels whole, and the views stand on that.
  const whole = out.numberOf(buffer)
  // Wide elements want offsets that are multiples of their size; 8 is the largest.
  const from = window.from - window.from % 8
  for (const data of window.views) {
    data[1] = [whole ?? window.number]
    if (whole === undefined) data[2] = (data[2] as number) - from
  }
  out.setNode(
    window.number,
    whole === undefined ? ["B", toBase64(new Uint8Array(buffer, from, window.to - from))] : ["u"]
  )
}
