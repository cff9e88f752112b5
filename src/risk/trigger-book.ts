const BLOCK = 32
const BLOCK_BITS = 5

/**
 * The bands of all positions on one stream of prices, by slot, in guarded blocks: each block of 32
 * slots and the whole book know their highest `lo` and lowest `hi`. A price between the guards
 * crosses no level and costs two comparisons. A guard may be too tight, never too loose.
 */
export class TriggerBook<Owner> {
  /** The book is crossed by price ≤ `guardLo` or price ≥ `guardHi`. */
  guardLo = -Infinity
  guardHi = Infinity
  private lo = new Float64Array(0)
  private hi = new Float64Array(0)
  private blockLo = new Float64Array(0)
  private blockHi = new Float64Array(0)
  private readonly owners: (Owner | undefined)[] = []
  private readonly free: number[] = []

  /** Slots in use. */
  get size(): number {
    return this.owners.length - this.free.length
  }

  /** Takes a slot for `owner`, without a band: nothing crosses it. */
  add(owner: Owner): number {
    const slot = this.free.pop() ?? this.owners.length
    if (slot >= this.lo.length) this.grow()
    this.owners[slot] = owner
    return slot
  }

  remove(slot: number): void {
    this.disarm(slot)
    this.owners[slot] = undefined
    this.free.push(slot)
  }

  /** Gives the slot a band: price ≤ `lo` or price ≥ `hi` crosses it. */
  arm(slot: number, lo: number, hi: number): void {
    this.lo[slot] = lo
    this.hi[slot] = hi
    const block = slot >> BLOCK_BITS
    if (lo > this.blockLo[block]!) {
      this.blockLo[block] = lo
      if (lo > this.guardLo) this.guardLo = lo
    }
    if (hi < this.blockHi[block]!) {
      this.blockHi[block] = hi
      if (hi < this.guardHi) this.guardHi = hi
    }
  }

  /** Takes the band away: nothing crosses the slot. The guards loosen at the next scan. */
  disarm(slot: number): void {
    this.lo[slot] = -Infinity
    this.hi[slot] = Infinity
  }

  /** Takes the owners whose bands `price` crosses, disarms them and adds them to `out`. */
  cross(price: number, out: Owner[]): void {
    let guardLo = -Infinity
    let guardHi = Infinity
    const blocks = (this.owners.length + BLOCK - 1) >> BLOCK_BITS
    for (let block = 0; block < blocks; block++) {
      if (price <= this.blockLo[block]! || price >= this.blockHi[block]!) {
        this.crossBlock(block, price, out)
      }
      if (this.blockLo[block]! > guardLo) guardLo = this.blockLo[block]!
      if (this.blockHi[block]! < guardHi) guardHi = this.blockHi[block]!
    }
    this.guardLo = guardLo
    this.guardHi = guardHi
  }

  private crossBlock(block: number, price: number, out: Owner[]): void {
    const { lo, hi } = this
    const first = block << BLOCK_BITS
    const end = Math.min(first + BLOCK, this.owners.length)
    let blockLo = -Infinity
    let blockHi = Infinity
    for (let slot = first; slot < end; slot++) {
      const slotLo = lo[slot]!
      const slotHi = hi[slot]!
      if (price <= slotLo || price >= slotHi) {
        out.push(this.owners[slot]!)
        lo[slot] = -Infinity
        hi[slot] = Infinity
      } else {
        if (slotLo > blockLo) blockLo = slotLo
        if (slotHi < blockHi) blockHi = slotHi
      }
    }
    this.blockLo[block] = blockLo
    this.blockHi[block] = blockHi
  }

  private grow(): void {
    const slots = Math.max(BLOCK, this.lo.length * 2)
    this.lo = grown(this.lo, slots, -Infinity)
    this.hi = grown(this.hi, slots, Infinity)
    this.blockLo = grown(this.blockLo, slots >> BLOCK_BITS, -Infinity)
    this.blockHi = grown(this.blockHi, slots >> BLOCK_BITS, Infinity)
  }
}

function grown(column: Float64Array, size: number, filler: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size).fill(filler)
  larger.set(column)
  return larger
}
