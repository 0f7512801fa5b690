/**
 * Gives a program its name: the sha-256 of its canonical JSON.
 *
 * @since 0.1.0
 */
import type { Positions, Program, ProgramFile } from "@rappel/core/program/Program"
import { createHash } from "node:crypto"
import { canonicalJson } from "./canonicalJson.ts"

/**
 * The program as it is stored. Positions are not hashed, so comments, blank lines
 * and line ends do not make another program.
 *
 * @since 0.1.0
 * @category encoding
 */
export const emit = (program: Program, positions: Positions): ProgramFile => ({
  hash: createHash("sha256").update(canonicalJson(program)).digest("hex"),
  program,
  positions
})
