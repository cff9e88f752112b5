const FIRST_SIZE = 16

/** Ticks of one stream that a pending position has yet to see, oldest first, in columns. */
export class Backlog {
  length = 0
  seq = new Float64Array(0)
  price = new Float64Array(0)
  /** Receive time, epoch ms. */
  at = new Float64Array(0)
  /** Quiet time in ms after which the price counts as stale, as of this tick. */
  quietMs = new Float64Array(0)

  push(seq: number, price: number, at: number, quietMs: number): void {
    if (this.length === this.seq.length) this.grow()
    const index = this.length++
    this.seq[index] = seq
    this.price[index] = price
    this.at[index] = at
    this.quietMs[index] = quietMs
  }

  /** Index of the first tick numbered `seq` or later; `length` if there is none. */
  indexOf(seq: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.seq[middle]! < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Moves every time of receipt along with the clock. */
  shift(byMs: number): void {
    for (let index = 0; index < this.length; index++) this.at[index]! += byMs
  }

  clear(): void {
    this.length = 0
  }

  private grow(): void {
    const size = Math.max(FIRST_SIZE, this.seq.length * 2)
    this.seq = resized(this.seq, size)
    this.price = resized(this.price, size)
    this.at = resized(this.at, size)
    this.quietMs = resized(this.quietMs, size)
  }
}

function resized(column: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size)
  larger.set(column)
  return larger
}
