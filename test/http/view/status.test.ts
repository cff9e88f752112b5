import { expect } from 'chai'
import { statusOf } from '../../../src/http/view/status.ts'
import type { GatewayView } from '../../../src/ports/control/gateway.ts'
import type { HealthSnapshot } from '../../../src/ports/control/health.ts'
import { FakeControl } from '../../support/fake-control.ts'

describe('The status of the whole account', () => {
  const controlWith = (snapshot: Partial<HealthSnapshot>): FakeControl => {
    const control = new FakeControl()
    control.snapshot = { ...control.snapshot, ...snapshot }
    return control
  }

  it('is "not guarded" while the service starts, whatever health says', () => {
    const control = controlWith({ status: 'pass', since: 5 })
    control.state = { ready: false, why: 'starting' }
    const { word, why, since, blockedBy } = statusOf(control)
    expect({ word, why, since }).to.deep.equal({
      word: 'not guarded',
      why: ['the service is starting'],
      since: null,
    })
    expect(blockedBy).to.deep.equal(['the service is starting'])
  })

  it('is "not guarded" once the last check of the service is too old', () => {
    const control = controlWith({ status: 'pass' })
    control.healthAgeMs = () => 12_000
    expect(statusOf(control)).to.deep.include({
      word: 'not guarded',
      why: ['the last check of the service is 12 s old'],
    })
  })

  it('follows health, with its reasons and since when', () => {
    for (const [status, word] of [
      ['fail', 'not guarded'],
      ['warn', 'attention'],
      ['pass', 'guarded'],
    ] as const) {
      const control = controlWith({ status, output: ['a:b: c'], since: 7 })
      expect(statusOf(control)).to.deep.include({ word, why: ['a:b: c'], since: 7 })
    }
  })

  it('names what prevents every exit order', async () => {
    const check = { componentType: 'x', status: 'warn', time: '' } as const
    const control = controlWith({
      checks: {
        'service:mode': [{ ...check, observedValue: 'observe' }],
        'holdings:unconfirmed': [{ ...check, observedValue: true }],
      },
    })
    await control.setKillSwitch({ state: 'halt' }, { who: 'token', from: '::1' })
    const orders = { group: 'orders', state: 'open', retryInMs: 1, refused: 0, transitions: [] }
    control.gateway = (): GatewayView => ({ breakers: [orders], limits: [], calls: [] })
    const { blockedBy, killSwitch } = statusOf(control)
    expect(blockedBy).to.deep.equal([
      'the kill switch is at halt',
      'mode: observe sends nothing',
      'holdings are not confirmed',
      'the breaker of orders is open',
    ])
    expect(killSwitch).to.include({ state: 'halt', by: 'token at ::1', held: 0 })
  })

  it('names what prevents the orders of one account apart from what prevents all', async () => {
    const [desk, coins] = [new FakeControl(), new FakeControl()]
    const both = Object.assign(new FakeControl(), {
      accounts: new Map(Object.entries({ desk, coins })),
    })
    expect(statusOf(both)).to.deep.include({ blockedBy: [], blockedAccounts: {} })
    await desk.setKillSwitch({ state: 'halt' }, { who: 'token', from: '::1' })
    const halted = ['the kill switch is at halt']
    expect(statusOf(both)).to.deep.include({ blockedBy: [], blockedAccounts: { desk: halted } })
    await coins.setKillSwitch({ state: 'halt' }, { who: 'token', from: '::1' })
    expect(statusOf(both).blockedBy).to.deep.equal(halted)
  })

  it('names no obstacle where a breaker lets calls through', () => {
    const control = new FakeControl()
    const orders = {
      group: 'orders',
      state: 'half-open',
      retryInMs: 0,
      refused: 0,
      transitions: [],
    }
    control.gateway = (): GatewayView => ({ breakers: [orders], limits: [], calls: [] })
    expect(statusOf(control).blockedBy).to.deep.equal([])
  })
})
