import { expect } from 'chai'
import type { FeedReader } from '../../src/app/feed-reader.ts'
import { SharedSource } from '../../src/app/shared-source.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'

const TICK: Tick = { instrument: instrumentId('BTCUSD'), ts: 0, price: 100 }

describe('a source that several readers share', () => {
  let lines: Record<string, Readonly<Record<string, unknown>>[]>
  let emit: (tick: Tick) => void

  const reader = (name: string, onTick: () => void): FeedReader => ({
    way: name,
    onTick,
    onMissed: () => undefined,
    held: () => [],
    note: (kind, detail) => (lines[name] ??= []).push({ kind, ...detail }),
  })

  const shared = (): SharedSource =>
    new SharedSource(
      source => {
        emit = tick => source.onTick(tick)
        return { start: async () => undefined, cycle: () => undefined, stop: () => undefined }
      },
      () => undefined,
    )

  beforeEach(() => {
    lines = {}
  })

  it('journals the same failure of two readers in the journal of each', () => {
    const source = shared()
    const fail = (): never => {
      throw new Error('no room')
    }
    source.join(reader('a', fail), 'at-once')
    source.join(reader('b', fail), 'at-once')
    emit(TICK)
    const line = { kind: 'cycle-failed', error: 'no room' }
    expect(lines).to.deep.equal({ a: [line], b: [line] })
    for (let count = 2; count <= 10; count++) emit(TICK)
    const tenth = { ...line, times: 10 }
    expect(lines).to.deep.equal({ a: [line, tenth], b: [line, tenth] })
  })

  it('passes a tick to the readers behind one that throws', () => {
    const source = shared()
    let taken = 0
    source.join(
      reader('a', () => {
        throw new Error('no room')
      }),
      'at-once',
    )
    source.join(
      reader('b', () => taken++),
      'at-once',
    )
    emit(TICK)
    expect({ taken, lines: Object.keys(lines) }).to.deep.equal({ taken: 1, lines: ['a'] })
  })
})
