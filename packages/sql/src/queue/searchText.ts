/**
 * A search as a condition on `rappel.instance` and `rappel.due`.
 *
 * Values are parameters: they are added to `values`, and the text names their places.
 *
 * @since 0.1.0
 */
import type { Field, Search } from "@rappel/core/search/Search"
import { toStorable } from "../statement/storable.ts"

const COLUMNS: Readonly<Record<Exclude<Field, "id" | "status" | "tag">, string>> = {
  workflow: "instance.name",
  program: "instance.program",
  key: "instance.key",
  schedule: "instance.schedule"
}

/** What a text is looked for in, as `matches` of core does. */
const TEXTS = [
  "instance.id::text",
  "instance.name",
  "instance.key",
  "instance.memo",
  "instance.input",
  "instance.outcome"
]

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** `status` is the expression that tells an instance's status. */
export const searchText = (search: Search, status: string, values: Array<unknown>): string => {
  const value = (one: unknown): string => `$${values.push(one)}`
  const equality = ({ field, value: wanted }: Search & { readonly kind: "is" }): string => {
    if (field === "id") return UUID.test(wanted) ? `instance.id = ${value(wanted)}::uuid` : "false"
    if (field === "status") return `${status} = ${value(wanted)}::text`
    const text = `${value(toStorable(wanted))}::text`
    return field === "tag" ? `instance.tags @> array[${text}]` : `${COLUMNS[field]} = ${text}`
  }
  const part = (search: Search): string => {
    switch (search.kind) {
      case "and":
      case "or":
        return `(${search.parts.map(part).join(` ${search.kind} `)})`
      case "not":
        // Not `not`: what is null does not hold either.
        return `(${part(search.part)}) is not true`
      case "is":
        return equality(search)
      case "after":
        return `instance.created_at >= to_timestamp(${value(search.at)}::float8 / 1000)`
      case "before":
        return `instance.created_at < to_timestamp(${value(search.at)}::float8 / 1000)`
      case "text": {
        const wanted = `lower(${value(toStorable(search.text))}::text)`
        const columns = TEXTS.map((column) => `strpos(lower(${column}), ${wanted}) > 0`)
        const tags = `exists (
          select from unnest(instance.tags) as tag where strpos(lower(tag), ${wanted}) > 0
        )`
        return `(${[...columns, tags].join(" or ")})`
      }
    }
  }
  return part(search)
}
