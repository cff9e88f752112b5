import { expect } from 'chai'
import { zonedText } from '../../src/observability/zoned-text.ts'

describe('zonedText', () => {
  it('has the offset of the zone at that time', () => {
    const at = Date.parse('2026-07-01T12:00:00.250Z')
    expect(zonedText('UTC', at)).to.equal('2026-07-01T12:00:00.250Z')
    expect(zonedText('Asia/Kolkata', at)).to.equal('2026-07-01T17:30:00.250+05:30')
    expect(zonedText('America/New_York', at)).to.equal('2026-07-01T08:00:00.250-04:00')
  })
})
