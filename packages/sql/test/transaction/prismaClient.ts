/**
 * What `prisma generate` writes for a schema without models, as far as a client needs it: the
 * query compiler in WebAssembly and no engine, so that nothing is downloaded.
 */
import { getPrismaClient } from "@prisma/client/runtime/client"

/** Of every Node; the types of this project have no browser in them. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new(bytes: Uint8Array) => object }
}

type Config = Parameters<typeof getPrismaClient>[0]

const config: Config = {
  previewFeatures: [],
  clientVersion: "7.10.0",
  engineVersion: "none",
  activeProvider: "postgresql",
  inlineSchema: "datasource db {\n  provider = \"postgresql\"\n}\n",
  runtimeDataModel: { models: {}, enums: {}, types: {} },
  parameterizationSchema: { strings: [], graph: "AAAA" },
  compilerWasm: {
    getRuntime: async () =>
      await import("@prisma/client/runtime/query_compiler_fast_bg.postgresql.mjs"),
    getQueryCompilerWasmModule: async () => {
      const { wasm } = await import(
        "@prisma/client/runtime/query_compiler_fast_bg.postgresql.wasm-base64.mjs"
      )
      return new WebAssembly.Module(Buffer.from(wasm, "base64"))
    },
    importName: "./query_compiler_fast_bg.js"
  }
} as unknown as Config

export const PrismaClient = getPrismaClient(config)
