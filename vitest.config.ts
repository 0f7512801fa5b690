import process from "node:process"
import { defineConfig } from "vitest/config"

// Tests bring their own database and their own settings: none of the caller's may reach them.
for (const name of Object.keys(process.env)) {
  const isOurs = name === "DATABASE_URL" || /^(RAPPEL|CARABINER)_/.test(name)
  if (isOurs && !name.startsWith("RAPPEL_TEST_")) delete process.env[name]
}

const conditions = ["@rappel/source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/fixtures/**"],
    reporters: ["default", "./test/kit/SkipReporter.ts"],
    pool: "forks",
    poolOptions: { forks: { maxForks: 2, execArgv: ["--conditions=@rappel/source"] } },
    testTimeout: 20_000,
    hookTimeout: 60_000
  }
})
