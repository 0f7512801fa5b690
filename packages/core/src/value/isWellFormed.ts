/**
 * Whether a text has no half of a surrogate pair, which UTF-8 cannot carry.
 *
 * Part of every Node that is supported, and of ES2024, which the compiler's library is not yet.
 *
 * @since 0.1.0
 */
export const isWellFormed = (text: string): boolean =>
  (text as string & { readonly isWellFormed: () => boolean }).isWellFormed()
