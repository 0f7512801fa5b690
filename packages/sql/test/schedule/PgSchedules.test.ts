import * as Postgres from "@rappel/test/kit/Postgres"
import { suite } from "@rappel/test/kit/suites/Schedules"

suite("postgres", Postgres.layerClean)
