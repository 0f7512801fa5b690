/**
 * Draws the results of a comparison, one SVG per workload:
 *
 *   node benchmarks/plot.mjs benchmarks/results/results.json docs/performance
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parse, View } from "vega"
import { compile } from "vega-lite"
import { summarise } from "./measure/summary.mjs"
import { WORKLOADS } from "./workloads.mjs"

const [file, folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write("usage: node benchmarks/plot.mjs <results.json> <folder>\n")
  process.exit(2)
}
const { environment, runs } = JSON.parse(readFileSync(file, "utf8"))
mkdirSync(folder, { recursive: true })

/** A bar to the median, a line from the least to the most of the runs that count. */
const specOf = (title, unit, isRate, rows) => ({
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  title: {
    text: title,
    subtitle: `${environment.date.slice(0, 10)}, Postgres ${environment.postgres}, ` +
      `Node ${environment.node}; ${isRate ? "longer" : "shorter"} is better`,
    anchor: "start"
  },
  width: 480,
  height: { step: 26 },
  background: "white",
  data: { values: rows },
  encoding: { y: { field: "series", type: "nominal", sort: null, title: null } },
  layer: [
    {
      mark: { type: "bar" },
      encoding: {
        x: { field: "value", type: "quantitative", title: unit },
        color: {
          condition: { test: "indexof(datum.series, 'rappel') === 0", value: "#3b6ea8" },
          value: "#b9bec6"
        }
      }
    },
    {
      mark: { type: "rule", color: "#333" },
      encoding: { x: { field: "least", type: "quantitative" }, x2: { field: "most" } }
    },
    {
      mark: { type: "text", align: "left", dx: 4 },
      encoding: {
        x: { field: "most", type: "quantitative" },
        text: { field: "label", type: "nominal" }
      }
    }
  ]
})

const label = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 })

for (const [workload, { isRate, title, unit }] of Object.entries(WORKLOADS)) {
  const rows = summarise(runs)
    .filter((row) => row.workload === workload && row.value !== null)
    .map(({ least, most, series, value }) => ({ series, value, least, most, label: label(value) }))
    .toSorted((a, b) => isRate ? b.value - a.value : a.value - b.value)
  if (rows.length === 0) continue
  const { spec } = compile(specOf(`${workload}: ${title}`, unit, isRate, rows))
  const view = new View(parse(spec), { renderer: "none" })
  writeFileSync(join(folder, `${workload}.svg`), await view.toSVG())
}
