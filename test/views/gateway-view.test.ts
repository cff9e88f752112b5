import { expect } from 'chai'
import { forceOpen, openUntil } from '../../src/resilience/breaker-hand.ts'
import { gatewayTroubles, gatewayView } from '../../src/views/gateway-view.ts'
import { aDesk } from '../support/desk.ts'

describe('the view of calls to the broker', () => {
  it('reports for how long the venue accepts no call: positions are unprotected meanwhile', () => {
    const desk = aDesk()
    desk.handle('orders', breaker => openUntil(breaker, 84_000, 0))
    desk.handle('quotes', forceOpen)
    expect(gatewayTroubles(desk, 1_500).openBreakers).to.deep.equal([
      { what: 'orders is open: banned for 83 s more' },
      { what: 'quotes is forced-open' },
    ])
  })

  it('shows every change of a breaker with its cause, in epoch ms', () => {
    const desk = aDesk()
    desk.handle('orders', breaker => openUntil(breaker, 84_000, 0))
    const [orders] = gatewayView(desk, { monotonicMs: 4_000, now: 1_000_000 }).breakers
    expect(orders).to.deep.include({ group: 'orders', state: 'open', retryInMs: 80_000 })
    expect(orders!.transitions).to.deep.equal([
      { from: 'closed', to: 'open', at: 996_000, cause: 'ban' },
    ])
  })
})
