/**
 * An agent: a model that asks for tools until it has an answer.
 *
 * Each call of the model is retried while its service is overloaded, and tells that it is alive while
 * it writes; each tool may fail without ending the agent. Whatever process dies, the conversation goes
 * on with the message that it had got to.
 *
 * ```sh
 * npx rappel run examples/agent/agent.ts agent --input '["What is 6 times 7?"]'
 * ```
 */
import { action, currentCall, heartbeat, workflow } from "@rappel/core"

export interface Message {
  readonly role: "user" | "assistant" | "tool"
  readonly text: string
}

interface ToolCall {
  readonly tool: string
  readonly input: string
}

/** What the model says: an answer, or the tools that it wants to use first. */
export interface Reply {
  readonly text: string
  readonly calls: ReadonlyArray<ToolCall>
}

export class ServiceError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`The model's service answered ${status}`)
    this.name = "ServiceError"
    this.status = status
  }
}

/** Stands for the service of a model: it is overloaded at first, and then says what it is asked for. */
const words = (messages: ReadonlyArray<Message>, attempt: number): ReadonlyArray<string> => {
  if (messages.length === 1 && attempt < 3) throw new ServiceError(529)
  const last = messages.at(-1)!
  if (last.role === "user") return ["use", "multiply:6,7", "weather:Atlantis"]
  return ["The", "answer", "is", /\d+/.exec(last.text)?.[0] ?? "unknown"]
}

/** Streams the reply of the model, with a sign of life for each word. */
export const think = action(
  {
    retry: {
      attempts: 8,
      backoff: { kind: "exponential", base: "2 seconds" },
      maxDelay: "1 minute",
      retryOn: (error: ServiceError) => error.status === 429 || error.status >= 500
    },
    heartbeat: "30 seconds",
    timeout: "10 minutes"
  },
  async (messages: ReadonlyArray<Message>): Promise<Reply> => {
    const call = currentCall()
    const said: Array<string> = []
    for (const word of words(messages, call?.attempt ?? 1)) {
      said.push(word)
      heartbeat(said.length)
    }
    const [first, ...rest] = said
    if (first !== "use") return { text: said.join(" "), calls: [] }
    const calls = rest.map((request) => {
      const [tool, input] = request.split(":") as [string, string]
      return { tool, input }
    })
    return { text: `I use ${calls.map(({ tool }) => tool).join(" and ")}`, calls }
  }
)

export const multiply = action(async (input: string) =>
  String(input.split(",").map(Number).reduce((a, b) => a * b))
)

export const weather = action({ retry: 2 }, async (place: string): Promise<string> => {
  throw new RangeError(`There is no place ${place}`)
})

const tools = { multiply, weather }

const use = async ({ input, tool }: ToolCall): Promise<Message> => {
  const run = tools[tool as keyof typeof tools]
  if (run === undefined) return { role: "tool", text: `${tool}: there is no such tool` }
  try {
    return { role: "tool", text: `${tool}: ${await run(input)}` }
  } catch (error) {
    return { role: "tool", text: `${tool} failed: ${(error as Error).message}` }
  }
}

export const agent = workflow(async (question: string) => {
  const messages: Array<Message> = [{ role: "user", text: question }]
  for (let turn = 1; turn <= 10; turn++) {
    const { calls, text } = await think(messages)
    if (calls.length === 0) return { answer: text, turns: turn, messages }
    messages.push({ role: "assistant", text })
    const used = await Promise.all(calls.map(use))
    // What a tool found comes last, so that the model sees it next.
    messages.push(...used.toReversed())
  }
  throw new Error("The agent found no answer in ten turns")
})
