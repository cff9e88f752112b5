import { expect } from 'chai'
import { netChecks, type NetFacts } from '../../src/observability/net-checks.ts'

const CALM: NetFacts = {
  venueAlone: [],
  orphans: [],
  areOrphansBound: true,
  unproved: [],
  without: [],
}

const statuses = (but: Partial<NetFacts> = {}): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(netChecks({ ...CALM, ...but })).map(([name, { status }]) => [name, status]),
  )

describe('the checks of nets', () => {
  const trouble = [{ what: 'p1' }]

  it('pass where nothing is wrong', () => {
    expect(new Set(Object.values(statuses()))).to.deep.equal(new Set(['pass']))
  })

  it('fail for what only a person can settle: a net without a proof, and an orphan that nothing bounds', () => {
    expect(statuses({ unproved: trouble })['nets:unproved']).to.equal('fail')
    expect(statuses({ orphans: trouble, areOrphansBound: false })['nets:orphans']).to.equal('fail')
  })

  it('warn of an orphan that the holding bounds, of missing nets, and of positions that the venue guards alone', () => {
    const found = statuses({ orphans: trouble, without: trouble, venueAlone: trouble })
    expect(found).to.deep.equal({
      'nets:venue-alone': 'warn',
      'nets:orphans': 'warn',
      'nets:unproved': 'pass',
      'nets:missing': 'warn',
    })
  })

  it('name what they found', () => {
    expect(netChecks({ ...CALM, orphans: [{ what: 'wkn1' }] })['nets:orphans']!.output).to.match(
      /wkn1/,
    )
  })
})
