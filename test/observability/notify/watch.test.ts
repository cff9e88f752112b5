import { expect } from 'chai'
import { KeptRow } from '../../../src/observability/notify/kept-row.ts'
import { Watch, type KeptWatch } from '../../../src/observability/notify/watch.ts'
import type { HealthSnapshot } from '../../../src/ports/control/health.ts'
import type { PositionView } from '../../../src/ports/control/positions.ts'
import { aView } from '../../support/fake-control.ts'

describe('Watch', () => {
  let views: Map<string, PositionView>
  let lines: { kind: string; detail: Readonly<Record<string, unknown>> }[]
  let row: KeptRow<KeptWatch>
  let mono: number
  let watch: Watch

  beforeEach(() => {
    views = new Map()
    lines = []
    mono = 0
    row = rowWith({ near: [], lost: {} })
    watch = start()
  })

  const rowWith = (value: KeptWatch): KeptRow<KeptWatch> =>
    new KeptRow({ write: () => Promise.resolve([]) }, 'message-watch', value)

  const start = (): Watch =>
    new Watch({
      control: { openIds: () => views.keys(), position: id => views.get(id) },
      approachPct: 1,
      settleMs: 1_000,
      kept: row,
      note: (kind, detail) => lines.push({ kind, detail }),
      monotonic: () => mono,
    })

  function cycle(checks: HealthSnapshot['checks'] = {}, ms = 500): void {
    mono += ms
    watch.observe({ status: 'pass', at: 1_000_000 + mono, output: [], checks })
  }

  /** A price of p1, whose stop is at 95. */
  function price(lastPrice: number | null, but: Partial<PositionView> = {}): void {
    views.set('p1', { ...aView('p1'), lastPrice, ...but })
    cycle()
  }

  it('reports an approach once, and again only after the price was half as far again', () => {
    for (const last of [100, 95.9, 95.5, 96.3, 95.5]) price(last)
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['stops-near'])
    price(96.6)
    price(95.5)
    expect(lines).to.have.length(2)
  })

  it('names the levels at the tick at which they are reached', () => {
    price(95.512345, { stop: 95.0333, tickSize: 0.05 })
    expect(lines[0]?.detail).to.deep.equal({
      positions: [{ id: 'p1', pct: 0.502, price: '95.5', stop: '95' }],
      more: 0,
    })
  })

  it('does not repeat in the next process what this one has reported', () => {
    price(95.5)
    row = rowWith(structuredClone(row.value))
    watch = start()
    price(95.4)
    expect(lines).to.have.length(1)
  })

  it('reports nothing of a position that is exited, has no price, or no stop', () => {
    price(95.1, { state: 'exiting' })
    price(null)
    price(95.1, { stop: null })
    expect(lines).to.deep.equal([])
  })

  it('reports many at once in one line of bounded length', () => {
    for (let count = 0; count < 30; count++) {
      views.set(`p${count}`, { ...aView(`p${count}`), lastPrice: 95.5 })
    }
    cycle()
    expect(lines).to.have.length(1)
    expect(lines[0]?.detail['positions']).to.have.length(20)
    expect(lines[0]?.detail['more']).to.equal(10)
  })

  it('forgets a position that has ended: another one of its id may approach', () => {
    price(95.5)
    views.clear()
    cycle()
    price(95.5)
    expect(lines).to.have.length(2)
  })

  it('says nothing of approaches where no distance is configured', () => {
    watch = new Watch({
      control: { openIds: () => expect.fail('it reads positions'), position: () => undefined },
      approachPct: undefined,
      settleMs: 0,
      kept: row,
      note: (kind, detail) => lines.push({ kind, detail }),
      monotonic: () => mono,
    })
    cycle()
    expect(lines).to.deep.equal([])
  })

  function cycles(count: number, checks: HealthSnapshot['checks']): void {
    for (let each = 0; each < count; each++) cycle(checks)
  }

  const failing = (name: string): HealthSnapshot['checks'] => ({
    [name]: [
      {
        componentType: 'component',
        observedValue: 1,
        status: 'fail',
        time: '',
        output: '1: p1 (unpriced)',
      },
    ],
  })

  for (const [name, lost, back] of [
    ['positions:unguarded', 'guard-lost', 'guard-back'],
    ['positions:exitable', 'exitable-lost', 'exitable-back'],
    ['broker:credentials', 'credentials-ending', 'credentials-renewed'],
  ] as const) {
    it(`reports that ${name} fails once it has lasted, and once that it is over`, () => {
      cycles(2, failing(name))
      expect(lines).to.deep.equal([])
      cycles(3, failing(name))
      expect(lines).to.deep.equal([{ kind: lost, detail: { why: '1: p1 (unpriced)' } }])
      row = rowWith(structuredClone(row.value))
      watch = start()
      cycles(4, failing(name))
      cycles(4, {})
      expect(lines.map(({ kind }) => kind)).to.deep.equal([lost, back])
      expect(lines[1]?.detail['forMs']).to.be.greaterThan(0)
    })
  }
})
