import * as Postgres from "@rappel/test/kit/Postgres"
import * as Queue from "@rappel/test/kit/suites/Queue"

Queue.suite("postgres", Postgres.layerClean)
