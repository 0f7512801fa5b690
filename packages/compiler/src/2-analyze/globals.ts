/**
 * The globals that exist inside a workflow, and those that Node has besides.
 *
 * The library of ES2023 without what cannot be stored or depends on the machine,
 * and the few host functions that the machine implements deterministically.
 *
 * @since 0.1.0
 */

/** What a program may use; the machine has a table with the same names. */
export const ALLOWED: ReadonlySet<string> = new Set([
  "AggregateError",
  "Array",
  "ArrayBuffer",
  "BigInt",
  "BigInt64Array",
  "BigUint64Array",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "EvalError",
  "Float32Array",
  "Float64Array",
  "Infinity",
  "Int16Array",
  "Int32Array",
  "Int8Array",
  "JSON",
  "Map",
  "Math",
  "NaN",
  "Number",
  "Object",
  "Promise",
  "RangeError",
  "ReferenceError",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "SyntaxError",
  "TextDecoder",
  "TextEncoder",
  "TypeError",
  "URIError",
  "URL",
  "URLSearchParams",
  "Uint16Array",
  "Uint32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "atob",
  "btoa",
  "clearTimeout",
  "console",
  "crypto",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "escape",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "queueMicrotask",
  "setTimeout",
  "structuredClone",
  "unescape"
])

/** Of these host objects only some members exist in a workflow. */
export const MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["console", new Set(["debug", "error", "info", "log", "trace", "warn"])],
  ["crypto", new Set(["getRandomValues", "randomUUID"])]
])

export const DYNAMIC_CODE: ReadonlySet<string> = new Set(["Function", "eval"])

export const NOT_STORABLE: ReadonlySet<string> = new Set([
  "Atomics",
  "FinalizationRegistry",
  "Proxy",
  "SharedArrayBuffer",
  "WeakMap",
  "WeakRef",
  "WeakSet"
])

/** Names of CommonJS modules; in an ECMAScript module Node does not define them. */
export const COMMONJS: ReadonlySet<string> = new Set([
  "__dirname",
  "__filename",
  "exports",
  "module",
  "require"
])

/** Other globals of Node, 20 or later: they are there when the function runs plainly. */
export const HOST: ReadonlySet<string> = new Set([
  "AbortController",
  "AbortSignal",
  "AsyncDisposableStack",
  "Blob",
  "BroadcastChannel",
  "Buffer",
  "ByteLengthQueuingStrategy",
  "CloseEvent",
  "CompressionStream",
  "CountQueuingStrategy",
  "Crypto",
  "CryptoKey",
  "CustomEvent",
  "DOMException",
  "DecompressionStream",
  "DisposableStack",
  "Event",
  "EventSource",
  "EventTarget",
  "File",
  "Float16Array",
  "FormData",
  "Headers",
  "Iterator",
  "MessageChannel",
  "MessageEvent",
  "MessagePort",
  "Navigator",
  "Performance",
  "PerformanceEntry",
  "PerformanceMark",
  "PerformanceMeasure",
  "PerformanceObserver",
  "PerformanceObserverEntryList",
  "PerformanceResourceTiming",
  "ReadableByteStreamController",
  "ReadableStream",
  "ReadableStreamBYOBReader",
  "ReadableStreamBYOBRequest",
  "ReadableStreamDefaultController",
  "ReadableStreamDefaultReader",
  "Request",
  "Response",
  "Storage",
  "SubtleCrypto",
  "SuppressedError",
  "Temporal",
  "TextDecoderStream",
  "TextEncoderStream",
  "TransformStream",
  "TransformStreamDefaultController",
  "URLPattern",
  "WebAssembly",
  "WebSocket",
  "WritableStream",
  "WritableStreamDefaultController",
  "WritableStreamDefaultWriter",
  "clearImmediate",
  "clearInterval",
  "fetch",
  "global",
  "globalThis",
  "navigator",
  "performance",
  "process",
  "setImmediate",
  "setInterval"
])

/** Globals of browsers, deno and bundlers: Node has none of them, but the message can say more. */
export const FOREIGN: ReadonlySet<string> = new Set([
  "Bun",
  "Deno",
  "XMLHttpRequest",
  "alert",
  "document",
  "localStorage",
  "sessionStorage",
  "window"
])
