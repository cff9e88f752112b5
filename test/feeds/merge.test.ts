import { expect } from 'chai'
import fc from 'fast-check'
import { instrumentId } from '../../src/domain/ids.ts'
import { mergeTicks } from '../../src/feeds/merge.ts'
import { appendRow, tickAt, tickBatch, type TickBatch } from '../../src/feeds/tick-batch.ts'

interface Source extends AsyncIterable<TickBatch> {
  pulled: number
  isClosed: boolean
}

/**
 * A source of rows with these times, in one reused batch of `size` rows; fails at its end where
 * that is set.
 */
function source(file: number, times: readonly number[], size: number, failure?: Error): Source {
  const batch = tickBatch(size)
  async function* rows(): AsyncGenerator<TickBatch> {
    try {
      for (let from = 0; from < times.length; from += size) {
        const part = times.slice(from, from + size)
        for (const [n, ts] of part.entries()) {
          batch.ts[n] = ts
          batch.price[n] = file * 1000 + from + n
          batch.bid[n] = ts / 2
          batch.instrument[n] = instrumentId(`F${file}`)
          batch.index[n] = from + n
          batch.file[n] = file
        }
        batch.length = part.length
        self.pulled++
        yield batch
      }
      if (failure) throw failure
    } finally {
      self.isClosed = true
    }
  }
  const iterator = rows()
  const self: Source = { pulled: 0, isClosed: false, [Symbol.asyncIterator]: () => iterator }
  return self
}

interface Seen {
  readonly keys: [number, number, number][]
  readonly error: unknown
}

async function readAll(merged: AsyncIterable<TickBatch>): Promise<Seen> {
  const keys: [number, number, number][] = []
  try {
    for await (const batch of merged) {
      for (let row = 0; row < batch.length; row++) {
        const { ts, instrument, bid } = tickAt(batch, row)
        expect([instrument, bid]).to.deep.equal([`F${batch.file[row]}`, ts / 2])
        keys.push([ts, batch.file[row]!, batch.index[row]!])
      }
    }
  } catch (error) {
    return { keys, error }
  }
  return { keys, error: undefined }
}

describe('mergeTicks', () => {
  it('delivers every row before an error, then the error, and closes the other sources', async () => {
    const failure = new Error('bad row')
    const good = source(1, [1, 2, 3, 4, 5], 2)
    const { keys, error } = await readAll(mergeTicks([source(0, [1, 3], 2, failure), good]))
    expect(error).to.equal(failure)
    expect(keys.map(([ts]) => ts)).to.deep.equal([1, 1, 2, 3])
    expect(good.isClosed).to.equal(true)
  })

  it('closes every source when its reader stops early', async () => {
    const sources = [source(0, [1, 2, 3], 1), source(1, [1, 2, 3], 1)]
    for await (const batch of mergeTicks(sources)) {
      expect(batch.length).to.be.above(0)
      break
    }
    expect(sources.map(each => each.isClosed)).to.deep.equal([true, true])
  })

  it('gives nothing for no source', async () => {
    expect((await readAll(mergeTicks([]))).keys).to.deep.equal([])
  })

  it('passes one source through untouched', () => {
    const only = source(0, [1, 2], 1)
    expect(mergeTicks([only])).to.equal(only)
  })

  it('does not read on in a source before its rows are due', async () => {
    const late = source(1, [1e6, 1e6 + 1, 1e6 + 2], 1)
    const early = source(
      0,
      Array.from({ length: 9000 }, (_, i) => i),
      100,
    )
    for await (const batch of mergeTicks([early, late])) {
      expect(batch.length).to.equal(4096)
      break
    }
    expect(late.pulled).to.equal(1)
    expect(early.pulled).to.be.below(43)
  })

  it('equals a stable sort by time of all rows in the order of the sources', async () => {
    const times = fc.array(fc.nat(30), { maxLength: 60 }).map(all => all.toSorted((a, b) => a - b))
    const files = fc.array(fc.tuple(times, fc.integer({ min: 1, max: 7 })), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(files, async all => {
        const expected = all
          .flatMap(([rows], file) => rows.map((ts, index) => [ts, file, index] as const))
          .toSorted((a, b) => a[0] - b[0])
        const sources = all.map(([rows, size], file) => source(file, rows, size))
        expect((await readAll(mergeTicks(sources))).keys).to.deep.equal(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('fills whole batches from many short ones', async () => {
    const times = Array.from({ length: 5000 }, (_, i) => i)
    const sizes: number[] = []
    const to = tickBatch(10_000)
    for await (const batch of mergeTicks([source(0, times, 10), source(1, times, 10)])) {
      sizes.push(batch.length)
      for (let row = 0; row < batch.length; row++) appendRow(to, batch, row)
    }
    expect(sizes).to.deep.equal([4096, 4096, 1808])
    expect(to.file.subarray(0, 4)).to.deep.equal(Uint32Array.of(0, 1, 0, 1))
  })
})
