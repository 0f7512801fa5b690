/**
 * Deadlines in order: the earliest first, of equal ones the lower rank.
 *
 * Entries are never removed before they are due; whoever takes one checks that it still
 * counts. A timer that a program dropped costs its entry until then.
 *
 * @since 0.1.0
 */

interface Entry<A> {
  readonly at: number
  readonly rank: number
  readonly value: A
}

export interface TimerHeap<A> {
  readonly add: (at: number, rank: number, value: A) => void
  /** Infinity when empty. */
  readonly nextAt: () => number
  readonly takeDue: (now: number) => ReadonlyArray<A>
}

const before = <A>(a: Entry<A>, b: Entry<A>): boolean =>
  a.at < b.at || (a.at === b.at && a.rank < b.rank)

export const make = <A>(): TimerHeap<A> => {
  const heap: Array<Entry<A>> = []

  const add = (at: number, rank: number, value: A): void => {
    const entry = { at, rank, value }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = entry
  }

  const takeFirst = (): A => {
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) {
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
        if (!before(heap[child]!, last)) break
        heap[i] = heap[child]!
        i = child
      }
      heap[i] = last
    }
    return first.value
  }

  return {
    add,
    nextAt: () => heap[0]?.at ?? Infinity,
    takeDue: (now) => {
      const due: Array<A> = []
      while (heap.length > 0 && heap[0]!.at <= now) due.push(takeFirst())
      return due
    }
  }
}
