/**
 * A map that most instances leave empty: a table of nothing takes 200 bytes, and is copied by the
 * collector for as long as the instance is young.
 *
 * @since 0.1.0
 */
export class Sparse<K, V> {
  private map: Map<K, V> | undefined

  get size(): number {
    return this.map === undefined ? 0 : this.map.size
  }

  has(key: K): boolean {
    return this.map !== undefined && this.map.has(key)
  }

  get(key: K): V | undefined {
    return this.map?.get(key)
  }

  set(key: K, value: V): void {
    this.map ??= new Map()
    this.map.set(key, value)
  }

  delete(key: K): void {
    this.map?.delete(key)
  }

  clear(): void {
    this.map = undefined
  }

  values(): Iterable<V> {
    return this.map === undefined ? NONE : this.map.values()
  }

  [Symbol.iterator](): Iterator<readonly [K, V]> {
    return (this.map ?? NONE)[Symbol.iterator]()
  }
}

const NONE: ReadonlyArray<never> = []
