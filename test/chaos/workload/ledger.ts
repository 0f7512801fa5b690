/**
 * The ledger of the chaos audit: what really ran, written outside of rappel's database.
 *
 * Each process appends to a file of its own. A line that was written survives the SIGKILL of
 * its writer, because the kernel has it. Without CHAOS_LEDGER nothing is written: that is the
 * plain run, which the audit compares with.
 */
import { currentCall } from "@rappel/core"
import { createHash } from "node:crypto"
import { openSync, writeSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"

const folder = process.env["CHAOS_LEDGER"]
let file: number | undefined

/** Process ids come back; the moment of the start tells two holders of one apart. */
const open = (): number =>
  file ??= openSync(`${folder}/actions-${process.pid}-${Date.now()}.tsv`, "a")

export const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value) ?? "undefined").digest("hex").slice(0, 12)

/**
 * Executes the body of an action: "S" when it begins, "F" when it has a result, "X" when it
 * throws, with instance, effect, execution, moment, and what went in or came out.
 */
export const execution = async <A>(
  input: unknown,
  millis: number,
  body: (attempt: number) => A
): Promise<A> => {
  const call = currentCall()
  if (folder === undefined || call === undefined || call.instanceId === "plain") {
    return body(call?.attempt ?? 1)
  }
  const write = (mark: string, what: unknown) =>
    writeSync(
      open(),
      `${mark}\t${call.instanceId}\t${call.effect}\t${call.attempt}\t${Date.now()}\t${
        hashOf(what)
      }\t${process.ppid}\n`
    )
  write("S", input)
  if (millis > 0) await pause(millis)
  try {
    const result = body(call.attempt)
    write("F", result)
    return result
  } catch (error) {
    write("X", String(error))
    throw error
  }
}
