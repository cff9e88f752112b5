import { expect } from 'chai'
import { healthStatus, type HealthFacts } from '../../src/observability/health.ts'

const CALM: HealthFacts = {
  now: 61_000,
  startedAt: 1_000,
  isRunning: true,
  actors: { alive: 5, expected: 5, restarts: 0 },
  positions: { guarded: 3, exiting: 0, observed: 0, unguarded: 0 },
  unguarded: [],
  overdueExits: [],
  stalePrices: [],
  killSwitch: 'off',
  storeErrors: 0,
  brokerErrors: 0,
  badTicks: 0,
  mode: 'guard',
  trippedLimits: [],
  nearLimits: [],
  unconfirmedPrices: [],
  pricesOutsideHours: [],
  clockJumps: 0,
}

const status = (but: Partial<HealthFacts>): [string, readonly string[]] => {
  const snapshot = healthStatus({ ...CALM, ...but })
  return [snapshot.status, snapshot.output]
}

describe('healthStatus', () => {
  it('fails while a position is unguarded, and names it and for how long', () => {
    expect(status({ unguarded: [{ what: 'btc-1: no price', forMs: 2_500 }] })).to.deep.equal([
      'fail',
      ['positions:unguarded: 1: btc-1: no price for 2.5 s'],
    ])
  })

  it('fails for an exit that waits too long, a missing actor, a store that refuses, a halt', () => {
    expect(status({ overdueExits: [{ what: 'p1' }] })[0]).to.equal('fail')
    expect(status({ actors: { alive: 4, expected: 5, restarts: 0 } })[0]).to.equal('fail')
    expect(status({ storeErrors: 1 })[0]).to.equal('fail')
    expect(status({ killSwitch: 'halt' })[0]).to.equal('fail')
    expect(status({ isRunning: false })[0]).to.equal('fail')
  })

  it('warns about stale prices, restarts and a kill switch that is on', () => {
    expect(status({ stalePrices: [{ what: 'ACME', forMs: 40_000 }] })[0]).to.equal('warn')
    expect(status({ actors: { alive: 5, expected: 5, restarts: 1 } })[0]).to.equal('warn')
    expect(status({ killSwitch: 'flatten' })[0]).to.equal('warn')
  })

  it('names failures before warnings', () => {
    const [, output] = status({ storeErrors: 2, stalePrices: [{ what: 'ACME' }] })
    expect(output.map(line => line.split(':')[0])).to.deep.equal(['store', 'prices'])
  })

  it('passes otherwise, with the figures of the service', () => {
    const { status: found, output, checks, at } = healthStatus(CALM)
    expect([found, output, at]).to.deep.equal(['pass', [], 61_000])
    expect(checks['uptime']).to.deep.equal([
      {
        componentType: 'system',
        observedValue: 60,
        observedUnit: 's',
        status: 'pass',
        time: '1970-01-01T00:01:01.000Z',
      },
    ])
    expect(checks['positions:guarded']?.[0]?.observedValue).to.equal(3)
  })

  it('names the worst 20 of many, and how many more there are', () => {
    const unguarded = Array.from({ length: 30 }, (_, index) => ({
      what: `p${index}`,
      forMs: index,
    }))
    const [, [line]] = status({ unguarded })
    expect(line).to.match(/^positions:unguarded: 30: p29 .* and 10 more$/)
  })

  it('warns about everything that a person should check', () => {
    const troubles: Partial<HealthFacts>[] = [
      { mode: 'observe' },
      { trippedLimits: [{ what: 'all' }] },
      { nearLimits: [{ what: 'all' }] },
      { clockJumps: 1 },
      { unconfirmedPrices: [{ what: 'ACME', forMs: 6_000 }] },
      { pricesOutsideHours: [{ what: 'ACME' }] },
    ]
    for (const trouble of troubles) {
      const { status, output } = healthStatus({ ...CALM, ...trouble })
      expect([status, output.length], JSON.stringify(trouble)).to.deep.equal(['warn', 1])
    }
  })
})
