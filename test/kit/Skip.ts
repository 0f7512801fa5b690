/**
 * Why tests are left out, and as which note vitest carries it to the reporter.
 *
 * Imports nothing: the reporter runs outside the tests, where `vitest` can't be loaded.
 *
 * @since 0.1.0
 */

/**
 * `missingPart`: something that the tests need is not installed here; CI fails.
 * `otherMachine`: the tests are about another kind of machine or user; CI accepts it.
 */
export type Skip = { readonly missingPart: string } | { readonly otherMachine: string }

const OTHER_MACHINE = "for another machine: "

export const noteOf = (skip: Skip): string =>
  "missingPart" in skip
    ? `missing part: ${skip.missingPart}`
    : `${OTHER_MACHINE}${skip.otherMachine}`

/** Whether CI accepts a skip with this note; one without a reason is as bad as a missing part. */
export const isAccepted = (note: string | undefined): boolean =>
  note?.startsWith(OTHER_MACHINE) === true
