import { expect } from 'chai'
import { PositionTable } from '../../src/account/position-table.ts'
import { StateWriter } from '../../src/account/state-writer.ts'
import { positionId } from '../../src/domain/ids.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { MemoryRepository } from '../support/memory-repository.ts'

const FULL = new WatchkeeperError('STORE_FULL', 'no room')
const LINE = { at: 1, kind: 'note' }

describe('StateWriter', () => {
  let keeper: MemoryRepository
  let writer: StateWriter
  let troubles: (string | undefined)[]
  let lines: JournalLine[]
  let now = 0

  beforeEach(() => {
    keeper = new MemoryRepository()
    troubles = []
    lines = []
    writer = new StateWriter({
      keeper,
      positions: new PositionTable([]),
      onLine: line => lines.push(line),
      onFenced: () => undefined,
      monotonic: () => now,
      onTrouble: error => troubles.push(error?.code),
    })
  })

  afterEach(async () => {
    keeper.failures.length = 0
    await writer.close()
  })

  const attempt = (): Promise<unknown> =>
    writer.commit({ change: () => ({ lines: [LINE] }) }).catch(() => undefined)

  it('reports once that the store refuses writes, and once that it accepts them again', async () => {
    keeper.failures.push(FULL, FULL, FULL)
    for (let time = 0; time < 5; time++) await attempt()
    expect(troubles).to.deep.equal(['STORE_FULL', undefined])
    expect(writer.errors).to.equal(0)
  })

  it('reports again when the reason is another one', async () => {
    keeper.failures.push(FULL, new Error('unplugged'), FULL)
    for (let time = 0; time < 3; time++) await attempt()
    expect(troubles).to.deep.equal(['STORE_FULL', 'STORE_FAILED', 'STORE_FULL'])
  })

  it('passes the reason of a failed write to callers that wait for a flush', async () => {
    keeper.failures.push(FULL, FULL, FULL)
    writer.soon({ line: LINE })
    const error: unknown = await writer.flush().catch((each: unknown) => each)
    expect(error).to.have.property('code', 'STORE_FULL')
  })

  it('keeps a bounded number of lines while nothing can be written, and reports how many are lost', async () => {
    keeper.failures.push(FULL)
    for (let at = 0; at < 12_000; at++) {
      writer.soon({ line: { at, kind: 'note', positionId: positionId('p') } })
    }
    await writer.flush().catch(() => undefined)
    await writer.close()
    const [first, second] = lines
    expect(first).to.include({ kind: 'journal-gap', lost: 2_000 })
    expect(second).to.include({ at: 2_000 })
    expect(lines).to.have.length(10_001)
  })
})
