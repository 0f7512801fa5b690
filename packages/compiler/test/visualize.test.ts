import { assert, describe, it } from "@effect/vitest"
import { compileFile, visualize } from "../src/index.ts"

const draw = (source: string, format: "terminal" | "mermaid" | "dot"): string => {
  const compiled = compileFile({
    file: "/p/a.ts",
    readFile: (path) => (path === "/p/a.ts" ? source : undefined)
  })
  const program = compiled.workflows[0]?.program
  if (program === undefined) throw new Error("the source has errors")
  return visualize(program, format)
}

const CAMPAIGN = `
import { action, sleep, workflow } from "@rappel/core"
export const listUsers = action(async (): Promise<any[]> => [])
export const sendEmail = action(async (to: string, subject: string) => to)
export const refund = action(async (id: string) => id)
const welcome = async (user: any) => {
  const { id, status } = await sendEmail.with({ retry: { attempts: 3 } })(user.email, "Welcome")
  if (status === "bounced") throw new Error("bounced")
  return id
}
export const campaign = workflow(async (segment: string) => {
  const users = (await listUsers()).filter((u: any) => u.active)
  const results = await Promise.allSettled(users.map(welcome))
  for (const user of users) {
    if (!user.vip) continue
    await sleep("1 hour")
    await sendEmail(user.email, segment)
  }
  try {
    const [a, b] = await Promise.all([sendEmail(segment, "a"), refund("x")])
    if (a) return { sent: results.length, b }
  } catch (error) {
    await refund(segment)
    throw error
  } finally {
    await welcome(segment)
  }
})`

describe("visualize", () => {
  it("draws calls with their values, branches, loops, groups and try for the terminal", () => {
    assert.strictEqual(
      draw(CAMPAIGN, "terminal"),
      [
        "campaign(segment)",
        "├─ ▸ users = listUsers()",
        "├─ ⇉ Promise.allSettled",
        "│  └─ each of users:",
        "│     ├─ ▸ { id, status } = sendEmail(user.email, \"Welcome\")",
        "│     └─ if status === \"bounced\"",
        "│        └─ yes:",
        "│           └─ throw new Error(\"bounced\")",
        "├─ ↻ for each of users",
        "│  ├─ if !user.vip",
        "│  │  └─ yes:",
        "│  │     └─ continue",
        "│  ├─ ◷ sleep(\"1 hour\")",
        "│  └─ ▸ sendEmail(user.email, segment)",
        "└─ try",
        "   ├─ ⇉ Promise.all",
        "   │  ├─ ▸ sendEmail(segment, \"a\")",
        "   │  └─ ▸ refund(\"x\")",
        "   ├─ if a",
        "   │  └─ yes:",
        "   │     └─ return { sent: results.length, b }",
        "   ├─ catch",
        "   │  ├─ ▸ refund(segment)",
        "   │  └─ throw error",
        "   └─ finally",
        "      └─ ƒ welcome(segment)",
        "         ├─ ▸ { id, status } = sendEmail(user.email, \"Welcome\")",
        "         ├─ if status === \"bounced\"",
        "         │  └─ yes:",
        "         │     └─ throw new Error(\"bounced\")",
        "         └─ return id"
      ].join("\n")
    )
  })

  it("goes back to the head of a loop on continue, in Mermaid", () => {
    const lines = draw(CAMPAIGN, "mermaid").split("\n")

    const head = lines.find((line) => line.includes("for each of users"))?.trim().split("{")[0]
    const choice = lines.find((line) => line.includes("!user.vip"))?.trim().split("{")[0]
    assert.include(lines, `  ${choice} -->|"yes"| ${head}`)
    assert.include(lines, "flowchart TD")
  })

  it("escapes quotes, in Mermaid and DOT", () => {
    assert.include(draw(CAMPAIGN, "mermaid"), "sleep(#34;1 hour#34;)")
    assert.include(draw(CAMPAIGN, "dot"), "[label=\"sleep(\\\"1 hour\\\")\", shape=hexagon]")
  })

  it("joins every edge to nodes that exist, in DOT", () => {
    const text = draw(CAMPAIGN, "dot")

    const nodes = new Set(Array.from(text.matchAll(/^ {2}(n\d+) \[/gm), (match) => match[1]))
    const ends = Array.from(text.matchAll(/(n\d+) -> (n\d+)/g)).flatMap((m) => [m[1], m[2]])
    assert.isAbove(ends.length, 20)
    assert.deepStrictEqual(ends.filter((each) => !nodes.has(each)), [])
  })

  it("follows helpers of other modules, recursion and workflow classes", () => {
    const files: Record<string, string> = {
      "/p/a.ts": `
        import { action, Workflow } from "@rappel/core"
        import { walk } from "./walk"
        export const visit = action(async (id: string) => id)
        class Base extends Workflow {
          async run(root: string) { await walk(root, visit); await this.rest() }
          async rest() { return await visit("rest") }
        }
        export class Crawl extends Base {}`,
      "/p/walk.ts": `
        import { visit } from "./a"
        export const walk = async (id: string, f: any): Promise<void> => {
          await visit(id)
          await walk(id, f)
        }`
    }
    const compiled = compileFile({ file: "/p/a.ts", readFile: (path) => files[path] })

    const text = visualize(compiled.workflows[0]!.program!, "terminal")

    assert.strictEqual(
      text,
      [
        "Crawl(root)",
        "├─ ƒ walk(root, visit)",
        "│  ├─ ▸ visit(id)",
        "│  └─ ƒ walk(id, f)",
        "└─ ƒ this.rest()",
        "   ├─ ▸ visit(\"rest\")",
        "   └─ return await visit(\"rest\")"
      ].join("\n")
    )
  })
})
