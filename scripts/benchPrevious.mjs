/**
 * `npm run bench-previous`: `rappel bench-instances` of this commit and of another by turns, and
 * the ratios. It reports and holds nothing against anybody: machines of CI are shared.
 *
 * `--base <commit>` is the other one (HEAD~1), `--pairs <n>` how often both run (2), `--instances
 * <n>` how many each time (1000).
 *
 * @since 0.1.0
 */
import { execFile, execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { parseArgs, promisify } from "node:util"
import { install } from "./install.mjs"
import { root } from "./runNode.mjs"

const { values } = parseArgs({
  options: {
    base: { type: "string", default: "HEAD~1" },
    pairs: { type: "string", default: "2" },
    instances: { type: "string", default: "1000" }
  }
})

const run = promisify(execFile)

const say = (line) => process.stdout.write(`${line}\n`)

/** The text of a git command, or none when git, the history or the commit is not here. */
const git = (...args) => {
  try {
    return execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"]
    })
  } catch {
    return undefined
  }
}

/** The other commit in a folder, with the packages that are installed here. */
const checkOut = (commit) => {
  const folder = mkdtempSync(join(tmpdir(), "rappel-previous-"))
  const archive = execFileSync("git", ["archive", commit], { cwd: root, maxBuffer: 2 ** 29 })
  execFileSync("tar", ["-x", "-C", folder], { input: archive })
  const installed = join(root, "node_modules")
  const own = join(folder, "node_modules")
  mkdirSync(join(own, "@rappel"), { recursive: true })
  for (const name of readdirSync(installed)) {
    if (name !== "@rappel") symlinkSync(join(installed, name), join(own, name))
  }
  // These lead into `packages/` beside them, which is the point.
  for (const name of readdirSync(join(installed, "@rappel"))) {
    symlinkSync(join("../../packages", name), join(own, "@rappel", name))
  }
  return folder
}

const bench = async (folder, instances) => {
  const { stdout } = await run(
    process.execPath,
    ["packages/cli/bin/rappel.mjs", "bench-instances", "--instances", instances, "--json"],
    { cwd: folder, maxBuffer: 2 ** 26, timeout: 180_000 }
  )
  const { cpu_ms_per_step: cpu, latency, throughput_per_s: rate, wal_bytes_per_step: wal } = JSON
    .parse(stdout.trimEnd().split("\n").at(-1))
  return { rate, cpu: cpu.total, p50: latency.p50, wal }
}

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const FIGURES = {
  rate: "instances/s (more is better)",
  cpu: "CPU ms per step",
  p50: "latency p50 ms",
  wal: "WAL bytes per step"
}

const compare = async (commit) => {
  await install(root)
  const previous = checkOut(commit)
  try {
    const folders = { before: previous, now: root }
    // The first run of each also builds, and makes its Postgres.
    for (const folder of Object.values(folders)) await bench(folder, "20")
    const found = { before: [], now: [] }
    for (let pair = 0; pair < Number(values.pairs); pair++) {
      for (const [name, folder] of Object.entries(folders)) {
        found[name].push(await bench(folder, values.instances))
      }
    }
    say(
      `bench-instances, ${values.instances} instances, median of ${values.pairs} by turns:`
    )
    for (const [key, title] of Object.entries(FIGURES)) {
      const [before, now] = ["before", "now"].map((name) =>
        median(found[name].map((one) => one[key]))
      )
      say(
        `  ${title.padEnd(30)} ${commit.slice(0, 7)} ${before.toFixed(2).padStart(9)}   now ` +
          `${now.toFixed(2).padStart(9)}   ratio ${(now / before).toFixed(2)}`
      )
    }
  } finally {
    rmSync(previous, { recursive: true, force: true })
  }
}

const commit = git("rev-parse", "--verify", "--quiet", `${values.base}^{commit}`)?.trim()
if (commit === undefined) {
  say(`bench-instances is not compared: the history here has no ${values.base}.`)
} else {
  await compare(commit).catch((error) => {
    say(
      `bench-instances could not be compared with ${commit.slice(0, 7)}: ${error.message}`
    )
  })
}
