/**
 * What a heap is made of on its way to text.
 *
 * @since 0.1.0
 */

/** A value that JSON can show. */
export type Json =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<Json>
  | { readonly [key: string]: Json }
