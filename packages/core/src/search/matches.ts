/**
 * Whether an instance is what a search looks for: how the queue in memory searches.
 *
 * @since 0.1.0
 */
import type { InstanceRecord } from "../queue/Queue.ts"
import type { Field, Search } from "./Search.ts"

const valuesOf = (record: InstanceRecord, field: Field): ReadonlyArray<string | null> => {
  if (field === "tag") return record.tags
  if (field === "workflow") return [record.name]
  return [record[field]]
}

/** What a text is looked for in. */
const textsOf = (record: InstanceRecord): ReadonlyArray<string> => {
  const { id, input, key, memo, name, outcome, tags } = record
  const end = outcome === null ? "" : outcome.ok ? outcome.value : outcome.error
  return [id, name, key ?? "", memo ?? "", input, end, ...tags]
}

export const matches = (search: Search, record: InstanceRecord): boolean => {
  switch (search.kind) {
    case "and":
      return search.parts.every((part) => matches(part, record))
    case "or":
      return search.parts.some((part) => matches(part, record))
    case "not":
      return !matches(search.part, record)
    case "is":
      return valuesOf(record, search.field).includes(search.value)
    case "after":
      return record.createdAt >= search.at
    case "before":
      return record.createdAt < search.at
    case "text": {
      const wanted = search.text.toLowerCase()
      return textsOf(record).some((text) => text.toLowerCase().includes(wanted))
    }
  }
}
