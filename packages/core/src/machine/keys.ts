/**
 * The keys that `for … in` visits.
 *
 * @since 0.1.0
 */

/** Own and inherited enumerable keys; one that is deleted before its turn is passed over. */
export class KeyIterator {
  readonly object: object | undefined
  readonly keys: ReadonlyArray<string>
  position: number

  constructor(value: unknown) {
    const keys: Array<string> = []
    for (const key in value as object) keys.push(key)
    this.object = value === null || value === undefined ? undefined : Object(value) as object
    this.keys = keys
    this.position = 0
  }

  next(): { readonly value: string | undefined; readonly done: boolean } {
    const { keys, object } = this
    while (this.position < keys.length) {
      const value = keys[this.position++]!
      if (value in object!) return { value, done: false }
    }
    return { value: undefined, done: true }
  }
}
