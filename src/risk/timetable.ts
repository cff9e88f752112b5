/** What the timetable keeps of an entry, written on the entry itself. */
export interface Timed {
  /** Epoch ms; Infinity: nothing is due. */
  until: number
  /** Breaks ties: lower is first. */
  readonly ordinal: number
  /** Place in the heap; −1: not in it. Only the timetable writes it. */
  heapIndex: number
}

/** A heap of entries by `until`, then `ordinal`; each entry is in it at most once. */
export class Timetable<Entry extends Timed> {
  private readonly heap: Entry[] = []

  /** Earliest `until` of all entries; Infinity when there is none. Asked on every tick. */
  earliest = Infinity

  get size(): number {
    return this.heap.length
  }

  /** Puts the entry where its new time belongs; an infinite time takes it out. */
  set(entry: Entry, until: number): void {
    if (until === Infinity) {
      this.remove(entry)
      entry.until = until
      return
    }
    entry.until = until
    if (entry.heapIndex === -1) {
      entry.heapIndex = this.heap.length
      this.heap.push(entry)
    }
    this.settle(entry)
  }

  /** Takes the entry out; its `until` stays as it is. */
  remove(entry: Entry): void {
    const index = entry.heapIndex
    if (index === -1) return
    const last = this.heap.pop()!
    entry.heapIndex = -1
    if (this.heap.length === 0) this.earliest = Infinity
    if (last === entry) return
    this.heap[index] = last
    last.heapIndex = index
    this.settle(last)
  }

  /** Takes out the earliest entry if it is due before `at`, else gives undefined. */
  takeBefore(at: number): Entry | undefined {
    const first = this.heap[0]
    if (first === undefined || first.until >= at) return undefined
    this.remove(first)
    return first
  }

  /** Visits the entries that are due exactly at `at`; none is earlier. Leaves them in. */
  visitAt(at: number, visit: (entry: Entry) => void, index = 0): void {
    const entry = this.heap[index]
    if (entry === undefined || entry.until !== at) return
    visit(entry)
    this.visitAt(at, visit, 2 * index + 1)
    this.visitAt(at, visit, 2 * index + 2)
  }

  private settle(entry: Entry): void {
    this.sink(entry, this.rise(entry))
  }

  private rise(entry: Entry): number {
    const { heap } = this
    let index = entry.heapIndex
    while (index > 0) {
      const parent = heap[(index - 1) >> 1]!
      if (isBefore(parent, entry)) break
      this.place(parent, index)
      index = (index - 1) >> 1
    }
    this.place(entry, index)
    return index
  }

  private sink(entry: Entry, from: number): void {
    const { heap } = this
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, entry)) break
      this.place(heap[child]!, index)
      index = child
    }
    this.place(entry, index)
  }

  private place(entry: Entry, index: number): void {
    this.heap[index] = entry
    entry.heapIndex = index
    if (index === 0) this.earliest = entry.until
  }
}

const isBefore = (a: Timed, b: Timed): boolean =>
  a.until < b.until || (a.until === b.until && a.ordinal < b.ordinal)
