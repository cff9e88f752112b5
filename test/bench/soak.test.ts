import { expect } from 'chai'
import { soak } from './soak.ts'

describe('a soak', () => {
  it('loses no exit and makes none twice while positions come and go', async () => {
    const { exits, lost, doubled, ratchets } = await soak({
      positions: 200,
      instruments: 20,
      ticksPerSecond: 2_000,
      stepPct: 0.2,
      warmUpMs: 0,
      durationMs: 4_000,
      progress: () => undefined,
    })
    expect({ lost, doubled }).to.deep.equal({ lost: [], doubled: [] })
    expect(exits).to.be.greaterThan(0)
    expect(ratchets).to.be.greaterThan(0)
  }).timeout(180_000)
})
