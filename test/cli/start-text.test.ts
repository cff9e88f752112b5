import { expect } from 'chai'
import { startText } from '../../src/cli/start-text.ts'

describe('what a start says', () => {
  const STARTED = {
    ...{ url: 'http://127.0.0.1:1', guarded: 1, exiting: 1, risks: [], isUnconfirmed: false },
    ...{ over: [], vanished: [], ruled: [], refused: [] },
  }
  const told = (but: Partial<typeof STARTED>): string =>
    startText({ ...STARTED, ...but }, { isObserving: false, isChaosOn: false }, (_, text) => text)

  it('counts one in the singular, and others in the plural', () => {
    expect(told({})).to.match(/^watchkeeper guards 1 position, 1 is being exited\n/)
    expect(told({ guarded: 2, exiting: 0 })).to.match(/guards 2 positions, 0 are being exited\n/)
  })

  it('names the command without which nothing is sent', () => {
    expect(told({ isUnconfirmed: true })).to.include('watchkeeper gateway confirm-holdings')
    expect(told({})).to.not.include('confirm')
  })
})
