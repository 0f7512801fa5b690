export * as Embedded from "./Embedded.ts"
export * as EmbeddedError from "./EmbeddedError.ts"
