import { expect } from 'chai'
import { startText } from '../../src/cli/start-text.ts'

describe('the text of a start', () => {
  const STARTED = {
    url: 'http://127.0.0.1:1',
    risks: [],
    unread: [] as string[],
    isUnconfirmed: false,
    unpriced: [] as string[],
    counts: { guarded: 1, exiting: 1, observed: 0, unguarded: 0 },
    over: [],
    vanished: [],
    ruled: [],
    noted: [],
    refused: [],
  }
  const textOf = (but: Partial<typeof STARTED>): string =>
    startText({ ...STARTED, ...but }, { isObserving: false, isChaosOn: false }, (_, text) => text)

  it('counts one in the singular, and others in the plural', () => {
    expect(textOf({})).to.match(/^watchkeeper guards 1 position, 1 is being exited\n/)
    expect(textOf({ counts: { guarded: 2, exiting: 0, observed: 0, unguarded: 0 } })).to.match(
      /guards 2 positions, 0 are being exited\n/,
    )
  })

  it('shows the address of the page first, then those for programs', () => {
    const addresses = textOf({}).split('\n').slice(1, 5)
    expect(addresses).to.deep.equal([
      'page       http://127.0.0.1:1/',
      'health     http://127.0.0.1:1/health',
      'positions  http://127.0.0.1:1/api/positions',
      'metrics    http://127.0.0.1:1/metrics',
    ])
  })

  it('names unguarded positions, and instruments without a price', () => {
    const counts = { guarded: 2, exiting: 0, observed: 0, unguarded: 3 }
    const text = textOf({ counts, unpriced: ['BTC/USDT (did you mean BTCUSDT?)'] })
    expect(text).to.include('\n3 are not guarded yet: ')
    expect(text).to.include('\nthe feed has no price of BTC/USDT (did you mean BTCUSDT?)\n')
    expect(textOf({})).to.not.include('not guarded')
  })

  it('lists what could not be read at the venue', () => {
    const text = textOf({ unread: ['instruments: no answer within 5000 ms'] })
    expect(text).to.include('\nnot read at the venue: instruments: no answer within 5000 ms\n')
  })

  it('names the command that must be run before anything is sent', () => {
    expect(textOf({ isUnconfirmed: true })).to.include('watchkeeper gateway confirm-holdings')
    expect(textOf({})).to.not.include('confirm')
  })
})
