import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { isName } from '../domain/plain-text.ts'

/**
 * Most names in the table. When it is full, it is cleared: that costs time and changes no result.
 */
const MAX_NAMES = 1 << 14
const BUCKETS = 1 << 12

interface Entry {
  readonly bytes: Uint8Array
  readonly name: InstrumentId
  readonly next: Entry | undefined
}

/**
 * Interns names: returns the same string for the same bytes, so that a file of millions of rows
 * creates one string for each instrument, and none that keeps a block of the file in memory.
 */
export class NameTable {
  private buckets: (Entry | undefined)[] = []
  private count = 0

  /** The name in `bytes` from `start` to `end`; undefined if they cannot be one. */
  find(bytes: Buffer, start: number, end: number): InstrumentId | undefined {
    let hash = 0
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]!
    const bucket = hash & (BUCKETS - 1)
    let entry = this.buckets[bucket]
    while (entry !== undefined) {
      if (isSame(entry.bytes, bytes, start, end)) return entry.name
      entry = entry.next
    }
    return this.add(bytes.subarray(start, end), bucket)
  }

  private add(bytes: Buffer, bucket: number): InstrumentId | undefined {
    const text = bytes.toString('utf8')
    if (!isName(text)) return undefined
    if (this.count === 0 || this.count >= MAX_NAMES) {
      this.buckets = Array.from({ length: BUCKETS }, () => undefined)
      this.count = 0
    }
    const name = instrumentId(text)
    const next = this.buckets[bucket]
    this.buckets[bucket] = { bytes: Uint8Array.from(bytes), name, next }
    this.count++
    return name
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}
