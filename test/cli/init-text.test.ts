import { expect } from 'chai'
import { foundText } from '../../src/cli/init-text.ts'
import { instrumentId } from '../../src/domain/ids.ts'

describe('what init prints of an account', () => {
  it('names a holding that it leaves out as the venue reports no entry price', () => {
    const lines = foundText({
      clockOffsetMs: 0,
      permissions: {
        trade: true,
        withdraw: false,
        isAddressBound: true,
        expiresAt: undefined,
      },
      mode: 'one-way',
      holdings: [
        { instrument: instrumentId('BTCUSDT'), quantity: -1, ageMs: 0 },
        { instrument: instrumentId('ETHUSDT'), quantity: 2, ageMs: 0, entryPrice: 2_600 },
      ],
      orders: [],
      prices: new Map(),
      instruments: new Map(),
    })
    expect(lines.map(line => line.trim())).to.include.members([
      'BTCUSDT short 1, left out: the venue reports no entry price',
      'ETHUSDT long 2, at 2600',
    ])
  })
})
