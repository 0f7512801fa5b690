/**
 * All tests, and those of the Postgres layers a second time on the older of the two versions
 * that npm has binaries for. RAPPEL_TEST_POSTGRES runs everything on one version instead.
 */
import process from "node:process"
import { defineConfig } from "vitest/config"

// Tests bring their own database and their own settings: none of the caller's may reach them.
for (const name of Object.keys(process.env)) {
  const isOurs = name === "DATABASE_URL" || /^(RAPPEL|CARABINER)_/.test(name)
  if (isOurs && !name.startsWith("RAPPEL_TEST_")) delete process.env[name]
}

const conditions = ["@rappel/source"]

// Lists of a project are added to those above it, so that `include` stands in projects only.
const all = {
  extends: true as const,
  test: { name: "all", include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"] }
}

const onOlderPostgres = {
  extends: true as const,
  test: {
    name: "postgres 15",
    include: ["packages/sql/test/**/*.test.ts"],
    env: { RAPPEL_TEST_POSTGRES: "15" }
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    exclude: ["**/node_modules/**", "**/dist/**", "**/fixtures/**"],
    reporters: ["default", "./test/kit/SkipReporter.ts"],
    pool: "forks",
    poolOptions: { forks: { maxForks: 2, execArgv: ["--conditions=@rappel/source"] } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: process.env["RAPPEL_TEST_POSTGRES"] === undefined ? [all, onOlderPostgres] : [all]
  }
})
