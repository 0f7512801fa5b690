import { defineConfig } from "vitest/config"

const conditions = ["@rappel/source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/fixtures/**"],
    pool: "forks",
    poolOptions: { forks: { maxForks: 2, execArgv: ["--conditions=@rappel/source"] } },
    testTimeout: 20_000,
    hookTimeout: 60_000
  }
})
