/**
 * Columns for people.
 *
 * @since 0.1.0
 */
import Table from "cli-table3"

const SPACES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  "
}

/** Rows under their headings, without lines, so that they can be searched and cut. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): string => {
  const made = new Table({
    head: Array.from(head),
    chars: SPACES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 }
  })
  made.push(...rows.map((row) => Array.from(row)))
  return made.toString().split("\n").map((line) => line.trimEnd()).join("\n")
}

/** A moment as ISO text without milliseconds; `-` for none. */
export const moment = (millis: number | null): string =>
  millis === null ? "-" : new Date(millis).toISOString().replace(/\.\d+Z$/, "Z")
