/**
 * What instances are looked for by.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** Fields whose whole value is compared. */
export const FIELDS = ["id", "status", "workflow", "program", "key", "tag", "schedule"] as const
export type Field = typeof FIELDS[number]

/**
 * A condition on an instance, as data: layers of the queue evaluate it or turn it into SQL.
 *
 * @since 0.1.0
 * @category models
 */
export type Search =
  | { readonly kind: "and" | "or"; readonly parts: ReadonlyArray<Search> }
  | { readonly kind: "not"; readonly part: Search }
  | { readonly kind: "is"; readonly field: Field; readonly value: string }
  /** Created at or after, or before, a point in time. */
  | { readonly kind: "after" | "before"; readonly at: number }
  /** Stands somewhere in the id, name, key, tags, memo, input or outcome; case is ignored. */
  | { readonly kind: "text"; readonly text: string }

/**
 * A search cannot be read; `at` counts characters from 0.
 *
 * @since 0.1.0
 * @category errors
 */
export class SearchNotReadable
  extends Schema.TaggedError<SearchNotReadable>("@rappel/core/search/SearchNotReadable")(
    "SearchNotReadable",
    { search: Schema.String, at: Schema.Int, reason: Schema.String }
  )
{
  override get message(): string {
    return `The search cannot be read at character ${this.at + 1}: ${this.reason}\n` +
      `  ${this.search}\n  ${" ".repeat(this.at)}^\n` +
      "Write for example: status:failed AND (tag:vip OR after:1h) \"card declined\""
  }
}
