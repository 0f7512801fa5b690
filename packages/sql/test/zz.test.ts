import * as Postgres from "@rappel/test/kit/Postgres"
import { test } from "vitest"
test("v", () => { console.log("VERSION", Postgres.version, process.env["RAPPEL_TEST_POSTGRES"], process.execArgv) })
